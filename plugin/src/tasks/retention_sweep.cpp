#include "tasks/retention_sweep.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "dispatch/outbox.hpp"
#include "records/coordination.hpp"
#include "tasks/ledger.hpp"
#include "tasks/task_store.hpp"

namespace ansible {
namespace {

constexpr std::size_t kTasksPerStep = 64;
constexpr std::size_t kEntriesPerStep = 1'000;

// What an unfinished prune carries from step to step.
struct Prune {
  std::int64_t tasks = 0;
  std::int64_t entries = 0;
  std::string cursor;  // in the ledger of creating tools; empty: the tasks come first

  static Prune from(const std::string& continuation) {
    if (continuation.empty()) return {};
    const json::object state = parse_document("continuation", continuation);
    return {int_field(state, "tasks").value_or(0), int_field(state, "entries").value_or(0),
            text_field(state, "cursor").value_or("")};
  }
  More more() const {
    return {
        json::canonical(json::object{{"tasks", tasks}, {"entries", entries}, {"cursor", cursor}})};
  }
};

std::int64_t entry_time(const std::string& at, std::string_view value) {
  return int_field(parse_document(at, value), "at").value_or(0);
}

// Erases a task's ledger entries that are old enough, at most kEntriesPerStep. False: there are more. `youngest` becomes
// the time of the youngest that stays, 0 when none does.
bool clear_entries(Context& context, std::string_view task_id, Prune& prune,
                   std::int64_t& youngest) {
  const std::string prefix = key::ledger_task(task_id, "", "", "");
  const std::string first = prefix.substr(0, prefix.size() - 2);  // "ledger/task/<task>/"
  youngest = 0;
  std::size_t erased = 0;
  for (const auto& [at, value] :
       collect(context.txn, first, prefix_end(first), {.limit = SIZE_MAX})) {
    const std::int64_t time = entry_time(at, value);
    if (context.now_ms - time < kLedgerMs) {
      youngest = std::max(youngest, time);
      continue;
    }
    if (erased == kEntriesPerStep) return false;
    context.txn.erase(at);
    ++erased;
    ++prune.entries;
  }
  return true;
}

// The closed task that has been so for longest; nothing when none is old enough.
std::optional<Task> next_task(Context& context, std::int64_t cutoff) {
  for (const std::string_view status : {"completed", "failed"}) {
    const std::string prefix = "by-status/" + std::string(status) + "/1/";  // closed: rank 1
    const Rows rows = collect(context.txn, prefix, prefix + key::ms(cutoff), {.limit = 1});
    if (rows.empty()) continue;
    if (auto task = load_task(context.txn, key::last_part(rows.front().first))) return task;
  }
  return std::nullopt;
}

// False: the step is over before the tasks are.
bool prune_tasks(Context& context, Prune& prune) {
  const Retention policy = retention(load_coordination(context.txn));
  const std::int64_t cutoff = context.now_ms - policy.closed_task_seconds * 1000;
  std::size_t removed = 0;
  while (const auto task = next_task(context, cutoff)) {
    if (removed == kTasksPerStep) return false;
    std::int64_t youngest = 0;
    if (!clear_entries(context, task->id, prune, youngest)) return false;
    if (youngest > 0) context.txn.put(key::ledger_left(youngest + kLedgerMs, task->id), "");
    forget_deliveries(context.txn, key::task(task->id));
    remove_task(context.txn, *task);
    ++removed;
    ++prune.tasks;
    if (context.txn.should_yield()) return false;
  }
  return true;
}

// Entries that outlived their task. False: there are more.
bool prune_left_entries(Context& context, Prune& prune) {
  const std::string prefix = "ledger-left/";
  for (const auto& [at, empty] : collect(context.txn, prefix, prefix + key::ms(context.now_ms + 1),
                                         {.limit = kTasksPerStep})) {
    std::int64_t youngest = 0;
    if (!clear_entries(context, key::last_part(at), prune, youngest)) return false;
    context.txn.erase(at);
    if (context.txn.should_yield()) return false;
  }
  return collect(context.txn, prefix, prefix + key::ms(context.now_ms + 1), {.limit = 1}).empty();
}

bool task_lives(Context& context, const json::object& entry) {
  const auto task = text_field(object_field(entry, "reply"), "taskId");
  return task && context.txn.get(key::task(*task)).has_value();
}

// Walks through the entries of creating tools. False: the walk goes on after prune.cursor.
bool prune_tool_entries(Context& context, Prune& prune) {
  const std::string prefix = "ledger/tool/";
  const std::string first = prune.cursor.empty() ? prefix : prune.cursor + '\0';
  const Rows rows = collect(context.txn, first, prefix_end(prefix), {.limit = kEntriesPerStep});
  for (const auto& [at, value] : rows) {
    prune.cursor = at;
    const json::object entry = parse_document(at, value);
    const bool old = context.now_ms - int_field(entry, "at").value_or(0) >= kLedgerMs;
    if (old && !task_lives(context, entry)) {
      context.txn.erase(at);
      ++prune.entries;
    }
    if (context.txn.should_yield()) return false;
  }
  return rows.size() < kEntriesPerStep;
}

bool due(Context& context) {
  const auto last = last_prune(context.txn);
  const std::int64_t every = retention(load_coordination(context.txn)).prune_every_seconds;
  return !last || context.now_ms - *last >= every * 1000;
}

}  // namespace

std::optional<std::int64_t> last_prune(Transaction& txn) {
  const auto stored = txn.get(key::kRetentionLast);
  if (!stored) return std::nullopt;
  return int_field(parse_document(key::kRetentionLast, *stored), "at");
}

ToolResult retention_sweep(Context& context) {
  if (!context.node.sweeps) {
    return json::object{{"success", true}, {"skipped", context.node.reason}};
  }
  if (context.continuation.empty() && !due(context)) {
    return json::object{{"success", true}, {"skipped", "not due"}};
  }
  Prune prune = Prune::from(context.continuation);
  if (prune.cursor.empty() &&
      (!prune_tasks(context, prune) || !prune_left_entries(context, prune))) {
    return prune.more();
  }
  if (!prune_tool_entries(context, prune)) return prune.more();
  json::object result{
      {"at", context.now_ms}, {"prunedTasks", prune.tasks}, {"prunedEntries", prune.entries}};
  context.txn.put(key::kRetentionLast, json::canonical(result));
  result["success"] = true;
  return result;
}

}  // namespace ansible
