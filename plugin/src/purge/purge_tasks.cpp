#include <array>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "dispatch/outbox.hpp"
#include "purge/purge.hpp"
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

void erase_ledger(Transaction& txn, const std::string& task) {
  const std::string prefix = key::ledger_task(task, "", "", "");
  const std::string first = prefix.substr(0, prefix.size() - 2);  // "ledger/task/<task>/"
  for (const auto& [at, value] : collect(txn, first, prefix_end(first), {.limit = SIZE_MAX})) {
    txn.erase(at);
  }
}

void erase_closed(Context& context, Purge& purge, const Task& task) {
  forget_deliveries(context.txn, key::task(task.id));
  erase_ledger(context.txn, task.id);
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
