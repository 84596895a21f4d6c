#include <algorithm>
#include <array>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "dispatch/outbox.hpp"
#include "purge/purge.hpp"
#include "tasks/ledger.hpp"
#include "tasks/task_store.hpp"

namespace ansible {
namespace {

constexpr std::size_t kRowsPerStep = 200;

// "by-assignee/<agent>/<status>/"
std::string assigned(const std::string& agent, TaskStatus status) {
  return "by-assignee/" + key::part(agent) + '/' + std::string(to_text(status)) + '/';
}

// Where the open tasks stand that concern an agent, but for those it holds.
std::array<std::string, 4> open_lists(const std::string& agent) {
  return {key::by_creator(agent, true, ""), assigned(agent, TaskStatus::kPending),
          assigned(agent, TaskStatus::kClaimed), assigned(agent, TaskStatus::kInProgress)};
}

// Where the closed ones stand.
std::array<std::string, 4> closed_lists(const std::string& agent) {
  return {key::by_creator(agent, false, ""), key::by_claimer(agent, ""),
          assigned(agent, TaskStatus::kCompleted), assigned(agent, TaskStatus::kFailed)};
}

// "ledger/task/<task>/<action>/<actor>/<key hash>"
bool entry_of(std::string_view at, const std::string& agent) {
  return at.substr(0, at.rfind('/')).ends_with('/' + key::part(agent));
}

// The agent's own entries go. Those of others answer on as long as without the purge (T-5); the retention takes them.
void leave_ledger(Context& context, const std::string& agent, const std::string& task) {
  const std::string prefix = key::ledger_task(task, "", "", "");
  const std::string first = prefix.substr(0, prefix.size() - 2);  // "ledger/task/<task>/"
  std::int64_t youngest = 0;
  for (const auto& [at, value] :
       collect(context.txn, first, prefix_end(first), {.limit = SIZE_MAX})) {
    const std::int64_t time = int_field(parse_document(at, value), "at").value_or(0);
    if (entry_of(at, agent) || context.now_ms - time >= kLedgerMs) {
      context.txn.erase(at);
    } else {
      youngest = std::max(youngest, time);
    }
  }
  if (youngest > 0) context.txn.put(key::ledger_left(youngest + kLedgerMs, task), "");
}

void erase_closed(Context& context, Purge& purge, const Task& task) {
  forget_deliveries(context.txn, key::task(task.id));
  leave_ledger(context, purge.agent, task.id);
  remove_task(context.txn, task);
  ++purge.tasks;
}

}  // namespace

std::optional<Error> refuse_open_tasks(Context& context, const std::string& agent) {
  for (const std::string& list : open_lists(agent)) {
    for (const auto& [at, empty] : collect(context.txn, list, prefix_end(list), {.limit = 1})) {
      const auto task = load_task(context.txn, key::last_part(at));
      if (!task) continue;
      return Error{code::kConflict,
                   "agent '" + agent + "' has a task that is not finished: '" + task->title +
                       "'; complete or cancel it first (ansible_cancel_task)",
                   {{"taskId", task->id}, {"status", to_text(task->status)}}};
    }
  }
  return std::nullopt;
}

// A row goes with its task: the next step begins with the first that is left.
bool purge_tasks(Context& context, Purge& purge) {
  for (const std::string& list : closed_lists(purge.agent)) {
    const Rows rows = collect(context.txn, list, prefix_end(list), {.limit = kRowsPerStep});
    for (const auto& [at, empty] : rows) {
      if (const auto task = load_task(context.txn, key::last_part(at))) {
        erase_closed(context, purge, *task);
      } else {
        context.txn.erase(at);
      }
      if (context.txn.should_yield()) return false;
    }
    if (rows.size() == kRowsPerStep) return false;
  }
  return true;
}

}  // namespace ansible
