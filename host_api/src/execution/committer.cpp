#include "execution/committer.hpp"

#include <algorithm>

#include "execution/crypto.hpp"
#include "execution/host_keys.hpp"

namespace gateway {
namespace {

// The first key after every key that begins with `prefix` (whose last byte is not 0xff).
std::string end_of(std::string_view prefix) {
  std::string end(prefix);
  ++end.back();
  return end;
}

// After these the engine goes on by itself; anything else may be final (a failed fsync) and needs
// recover().
bool harmless(const CommitOutcome& failed) {
  const gw_status status = failed.error.status;
  return failed.passes || status == GW_NO_SPACE || status == GW_TOO_LARGE;
}

}  // namespace

Committer::Committer(Engine& engine, LogSink log)
    : engine_(engine), log_(std::move(log)), process_id_(crypto::uuid_v4()) {}

StoreResult<std::unique_ptr<Snapshot>> Committer::snapshot() {
  if (must_recover_) {
    if (auto recovered = engine_.recover(); !recovered) return std::move(recovered).error();
    must_recover_ = false;
    log(GW_LOG_INFO, "the store is open again");
  }
  auto snapshot = engine_.snapshot();
  if (snapshot && !learned_) {
    if (auto learned = learn(**snapshot); !learned) return std::move(learned).error();
  }
  return snapshot;
}

// What the process before left behind.
StoreResult<void> Committer::learn(Snapshot& snapshot) {
  auto clock = host_keys::committed_clock(snapshot);
  if (!clock) return std::move(clock).error();
  std::vector<std::string> keys;
  const std::string last = end_of(host_keys::kBatchPrefix);
  auto scanned = snapshot.scan({host_keys::kBatchPrefix, last, false},
                               [&](std::string_view key, std::string_view, std::uint64_t) {
                                 keys.emplace_back(key);
                                 return true;
                               });
  if (!scanned) return scanned;
  clock_ms_ = *clock;
  old_batch_keys_ = std::move(keys);
  learned_ = true;
  return {};
}

std::vector<Write> Committer::with_host_keys(const Batch& batch,
                                             const std::string& batch_key) const {
  std::vector<Write> writes = batch.writes();
  writes.push_back({batch_key, std::string("1")});
  for (const std::string& key : old_batch_keys_) writes.push_back({key, std::nullopt});
  if (batch.latest_now_ms() > clock_ms_) {
    writes.push_back({std::string(host_keys::kClock), std::to_string(batch.latest_now_ms())});
  }
  return writes;
}

Verdict Committer::commit(const Batch& batch) {
  const std::string batch_key =
      std::string(host_keys::kBatchPrefix) + process_id_ + "/" + std::to_string(++batches_);
  CommitOutcome outcome = engine_.commit(batch.checks(), with_host_keys(batch, batch_key));
  Verdict verdict;
  switch (outcome.kind) {
    case CommitOutcome::Kind::kCommitted:
      verdict.kind = Verdict::Kind::kDurable;
      verdict.sequence = outcome.sequence;
      break;
    case CommitOutcome::Kind::kConflict:
      verdict.kind = Verdict::Kind::kConflict;
      break;
    case CommitOutcome::Kind::kUnknown:
      verdict = settle(batch_key, outcome.error);
      break;
    case CommitOutcome::Kind::kFailed:
      verdict.kind = Verdict::Kind::kFailed;
      must_recover_ = !harmless(outcome);
      verdict.error = std::move(outcome.error);
      log(GW_LOG_ERROR, "a commit failed, nothing was written: " + verdict.error.message);
      break;
  }
  if (verdict.kind == Verdict::Kind::kDurable) {
    old_batch_keys_.assign(1, batch_key);
    clock_ms_ = std::max(clock_ms_, batch.latest_now_ms());
  } else if (verdict.kind == Verdict::Kind::kUnknown) {
    learned_ = false;  // which of the batch keys exist is read again
  }
  return verdict;
}

// Asks the store itself whether a doubtful batch is in it.
Verdict Committer::settle(const std::string& batch_key, StoreError doubt) {
  log(GW_LOG_WARN, "the outcome of a commit is unknown: " + doubt.message);
  must_recover_ = true;
  auto fresh = snapshot();
  if (!fresh) {
    return {Verdict::Kind::kUnknown, 0, std::move(fresh).error()};
  }
  const std::string_view key = batch_key;
  auto found = (*fresh)->get({&key, 1});
  if (!found) {
    must_recover_ = true;
    return {Verdict::Kind::kUnknown, 0, std::move(found).error()};
  }
  const Versioned& row = found->front();
  log(GW_LOG_INFO, row.value ? "the commit in doubt is durable" : "the commit in doubt was lost");
  if (row.value) return {Verdict::Kind::kDurable, row.version, {}};
  return {Verdict::Kind::kLost, 0, std::move(doubt)};
}

void Committer::log(std::uint32_t level, const std::string& text) const {
  if (log_) log_(level, "store", text);
}

}  // namespace gateway
