#include "sla/held_notices.hpp"

#include <algorithm>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "messages/message_store.hpp"
#include "sla/held_store.hpp"
#include "sla/notify.hpp"
#include "sla/sla_book.hpp"
#include "tasks/task_store.hpp"

namespace ansible {
namespace {

constexpr std::size_t kDigestEntries = 100;  // SLA-8
constexpr std::size_t kCleanedPerAct = 256;

// What a run gathers per target of a digest: how many breaches (counts/), and which are the first
// (digests/).
constexpr std::string_view kCounts = "counts";
constexpr std::string_view kDigests = "digests";

std::string part_prefix(const SweepRun& run, std::string_view kind) {
  return key::sla_part(run.id, kind, "");
}

// The next breach that waited before the run began; entries that came later are left to the next
// run.
std::optional<HeldBreach> next_waiting(Context& context, SweepRun& run) {
  for (;;) {
    auto rows = held_after(context.txn, run.cursor, 1);
    if (rows.empty()) return std::nullopt;
    run.cursor = rows.front().key;
    if (rows.front().breach.number < run.held_limit) return std::move(rows.front().breach);
  }
}

// A waiting breach with the task and the record that it belongs to.
struct Waiting {
  HeldBreach held;
  SlaRecord record;
  Breach breach;
};

// Nothing when the entry is stale: its record no longer says that it waits. (The book takes entries
// away with their windows, so this is damage; the entry goes.)
std::optional<Waiting> load_waiting(Context& context, const HeldBreach& held) {
  const auto task = load_task(context.txn, held.task_id);
  auto record = load_sla(context.txn, held.task_id);
  const auto* state = record ? &(*record)[held.window] : nullptr;
  if (!task || state == nullptr || !state->outcome || !state->outcome->waiting()) {
    release_held(context.txn, held.due_at, held.task_id, held.window);
    return std::nullopt;
  }
  return Waiting{held,
                 std::move(*record),
                 {.task_id = held.task_id,
                  .title = task->title,
                  .window = held.window,
                  .due_at = held.due_at,
                  .status = std::string(to_text(task->status))}};
}

// Notes that `covered` have been told; the breach becomes notified once nobody is left (SLA-7).
void cover(Context& context, SweepRun& run, Waiting waiting,
           const std::vector<std::string>& covered) {
  BreachOutcome& outcome = *waiting.record[waiting.held.window].outcome;
  std::vector<std::string>& left = waiting.held.targets;
  for (const std::string& agent : covered) {
    outcome.notified_agents.push_back(agent);
    left.erase(std::remove(left.begin(), left.end(), agent), left.end());
  }
  if (left.empty()) {
    outcome.reason = breach_reason::kNotified;
    outcome.notified_at = run.now;
    ++run.held_notified;
    release_held(context.txn, waiting.held.due_at, waiting.held.task_id, waiting.held.window);
  } else {
    update_held(context.txn, waiting.held);
  }
  save_sla(context.txn, waiting.held.task_id, waiting.record);
}

void plan(Context& context, SweepRun& run) {
  const auto held = next_waiting(context, run);
  if (!held) return run.enter(SweepPhase::kServe);
  run.needed += static_cast<std::int64_t>(held->targets.size());
  if (run.needed > run.budget) run.enter(SweepPhase::kCollect);
}

void serve_one(Context& context, SweepRun& run) {
  const auto held = next_waiting(context, run);
  if (!held) return run.enter(SweepPhase::kFind);
  auto waiting = load_waiting(context, *held);
  if (!waiting) return;
  const std::vector<std::string> targets = held->targets;
  if (static_cast<std::int64_t>(targets.size()) > run.budget) return;
  run.budget -= static_cast<std::int64_t>(targets.size());
  notify_targets(context, run, waiting->breach, targets);
  cover(context, run, std::move(*waiting), targets);
}

// Adds the breach to the target's digest; false when there is none and no message left for another.
bool gather(Context& context, SweepRun& run, const HeldBreach& held, const std::string& target) {
  Transaction& txn = context.txn;
  const std::string counts_key = key::sla_part(run.id, kCounts, target);
  const auto stored = txn.get(counts_key);
  if (!stored && run.digests >= run.budget) return false;
  std::int64_t total = 0;
  if (stored) total = int_field(parse_document(counts_key, *stored), "total").value_or(0);
  if (!stored) ++run.digests;
  txn.put(counts_key, json::canonical(json::object{{"total", ++total}}));
  if (total > static_cast<std::int64_t>(kDigestEntries)) return true;

  const std::string digest_key = key::sla_part(run.id, kDigests, target);
  json::object digest{{"agent", target}, {"breaches", json::array{}}};
  if (const auto text = txn.get(digest_key)) digest = parse_document(digest_key, *text);
  digest["breaches"].as_array().push_back(
      json::array{held.task_id, to_text(held.window), held.due_at});
  txn.put(digest_key, json::canonical(digest));
  return true;
}

// The targets that wait longest come first in the index, so the first ones met get the digests.
void collect_one(Context& context, SweepRun& run) {
  const auto held = next_waiting(context, run);
  if (!held) return run.enter(SweepPhase::kSend);
  if (!load_waiting(context, *held)) return;
  for (const std::string& target : held->targets) gather(context, run, *held, target);
}

std::vector<Breach> described(Transaction& txn, const json::object& digest) {
  std::vector<Breach> out;
  for (const json::value& item : digest.at("breaches").as_array()) {
    const json::array& entry = item.as_array();
    Breach breach{.task_id = std::string(entry.at(0).as_string()),
                  .window = window_from_text(entry.at(1).as_string()).value_or(Window::kAccept),
                  .due_at = entry.at(2).as_int64()};
    if (const auto task = load_task(txn, breach.task_id)) {
      breach.title = task->title;
      breach.status = to_text(task->status);
    }
    out.push_back(std::move(breach));
  }
  return out;
}

void send_one(Context& context, SweepRun& run) {
  Transaction& txn = context.txn;
  const std::string prefix = part_prefix(run, kDigests);
  const auto rows = collect(txn, prefix, prefix_end(prefix), {.limit = 1});
  if (rows.empty()) return run.enter(SweepPhase::kCover);
  const auto& [digest_key, text] = rows.front();
  const json::object digest = parse_document(digest_key, text);
  const std::string target(digest.at("agent").as_string());
  const std::string counts_key = key::sla_part(run.id, kCounts, target);
  const auto stored = txn.get(counts_key);
  const std::int64_t total =
      stored ? int_field(parse_document(counts_key, *stored), "total").value_or(0) : 0;
  --run.budget;
  send_notice(context, run, digest_notice(described(txn, digest), total, context.node_id(), target),
              "digest/" + target);
  txn.erase(digest_key);
}

void cover_one(Context& context, SweepRun& run) {
  const auto held = next_waiting(context, run);
  if (!held) return run.enter(SweepPhase::kClean);
  std::vector<std::string> covered;
  for (const std::string& target : held->targets) {
    if (context.txn.get(key::sla_part(run.id, kCounts, target))) covered.push_back(target);
  }
  if (covered.empty()) return;
  if (auto waiting = load_waiting(context, *held)) {
    cover(context, run, std::move(*waiting), covered);
  }
}

void clean(Context& context, SweepRun& run) {
  const std::string prefix = part_prefix(run, kCounts);
  const auto rows = collect(context.txn, prefix, prefix_end(prefix), {.limit = kCleanedPerAct});
  for (const auto& [key, value] : rows) context.txn.erase(key);
  if (rows.size() < kCleanedPerAct) run.enter(SweepPhase::kFind);
}

}  // namespace

void serve_held(Context& context, SweepRun& run) {
  switch (run.phase) {
    case SweepPhase::kPlan:
      return plan(context, run);
    case SweepPhase::kServe:
      return serve_one(context, run);
    case SweepPhase::kCollect:
      return collect_one(context, run);
    case SweepPhase::kSend:
      return send_one(context, run);
    case SweepPhase::kCover:
      return cover_one(context, run);
    case SweepPhase::kClean:
      return clean(context, run);
    case SweepPhase::kFind:
    case SweepPhase::kDone:
      return;
  }
}

}  // namespace ansible
