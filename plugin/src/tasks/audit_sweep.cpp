#include "tasks/audit_sweep.hpp"

#include <map>
#include <string>
#include <utility>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "dispatch/outbox.hpp"
#include "tasks/audit_log.hpp"
#include "tasks/task_store.hpp"

namespace ansible {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::size_t kRecordsPerStep = 64;
constexpr std::string_view kByTime = "audit-time/";

Recheck recheck(Context&, const Waiting& waiting) {
  return {Recheck::Kind::kSend, waiting.what.payload};
}
void settled(Context&, const Waiting&) {}
void given_up(Context&, const Waiting&, const DeliveryRecord&) {}

constexpr Stream kStream = {.name = kAuditStream,
                            .most_attempts = 0,
                            .keeps_records = false,
                            .recheck = recheck,
                            .delivered = settled,
                            .given_up = given_up};

// What an unfinished sweep carries from step to step.
struct Progress {
  std::string cursor;  // key of the last entry that was looked at; empty: none yet
  std::int64_t pruned = 0;
};

Progress progress_of(const std::string& continuation) {
  if (continuation.empty()) return {};
  const json::object state = parse_document("continuation", continuation);
  return {text_field(state, "cursor").value_or(""), int_field(state, "pruned").value_or(0)};
}

class OpenTasks {
 public:
  explicit OpenTasks(Transaction& txn) : txn_(txn) {}

  bool holds(const std::string& id) {
    const auto known = known_.find(id);
    if (known != known_.end()) return known->second;
    const auto task = load_task(txn_, id);
    return known_[id] = task && !terminal(task->status);
  }

 private:
  Transaction& txn_;
  std::map<std::string, bool> known_;
};

// Takes the record at this entry out of the log; nothing when only the entry was left.
std::optional<json::object> take(Transaction& txn, const std::string& entry) {
  const std::string place = entry.substr(kByTime.size());
  const std::string at = "audit" + place.substr(place.find('/'));
  const auto record = load_audit(txn, at);
  txn.erase(entry);
  txn.erase(at);
  if (!record) return std::nullopt;
  return shown_audit(*record, key::nth_part(entry, 2), std::stoull(key::nth_part(entry, 3)));
}

void hand_over(Context& context, const std::string& first, json::array records) {
  if (records.empty()) return;
  enqueue(context, {.stream = std::string(kAuditStream),
                    .target = "archive",
                    .record = first,
                    .payload = {{"records", std::move(records)}}});
}

}  // namespace

const Stream& audit_stream() { return kStream; }

ToolResult audit_sweep(Context& context) {
  if (!context.node.sweeps) {
    return json::object{{"success", true}, {"skipped", context.node.reason}};
  }
  const std::int64_t cutoff = context.now_ms - context.config.audit_retention_days * kDayMs;
  Progress progress = progress_of(context.continuation);
  const std::string first = progress.cursor.empty() ? std::string(kByTime) : progress.cursor + '\0';
  const Rows rows = collect(context.txn, first, std::string(kByTime) + key::ms(cutoff),
                            {.limit = kRecordsPerStep});
  OpenTasks open(context.txn);
  json::array records;
  std::string batch;  // the first entry of the delivery
  for (const auto& [entry, agent] : rows) {
    progress.cursor = entry;
    if (open.holds(key::nth_part(entry, 2))) continue;
    if (batch.empty()) batch = entry;
    if (auto record = take(context.txn, entry)) records.push_back(std::move(*record));
    ++progress.pruned;
    if (context.txn.should_yield()) break;
  }
  hand_over(context, batch, std::move(records));
  if (!rows.empty() && (rows.size() == kRecordsPerStep || progress.cursor != rows.back().first)) {
    return More{
        json::canonical(json::object{{"cursor", progress.cursor}, {"pruned", progress.pruned}})};
  }
  return json::object{{"success", true}, {"pruned", progress.pruned}};
}

}  // namespace ansible
