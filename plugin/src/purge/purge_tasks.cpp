#include <array>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "dispatch/outbox.hpp"
#include "purge/purge.hpp"
#include "tasks/task_store.hpp"

namespace ansible {
namespace {

constexpr std::size_t kRowsPerStep = 200;
constexpr std::array<std::string_view, 3> kOpen = {"pending", "claimed", "in_progress"};
constexpr std::array<std::string_view, 2> kClosed = {"completed", "failed"};

bool concerns(const Task& task, const std::string& agent) {
  return task.created_by_agent == agent || task.claimed_by_agent == agent ||
         task.assigned_to(agent);
}

void erase_ledger(Transaction& txn, const std::string& task) {
  const std::string prefix = key::ledger_task(task, "", "", "");
  const std::string first = prefix.substr(0, prefix.size() - 2);  // "ledger/task/<task>/"
  for (const auto& [at, value] : collect(txn, first, prefix_end(first), {.limit = SIZE_MAX})) {
    txn.erase(at);
  }
}

// Visits the tasks of these statuses from where the purge is, until the step is over. The visitor returns false to end
// it. True: there are no more.
template <std::size_t N, class Visit>
bool walk(Context& context, Purge& purge, const std::array<std::string_view, N>& statuses,
          const Visit& visit) {
  while (purge.status < N) {
    const std::string prefix = "by-status/" + std::string(statuses[purge.status]) + '/';
    const std::string first = purge.cursor.empty() ? prefix : purge.cursor + '\0';
    const Rows rows = collect(context.txn, first, prefix_end(prefix), {.limit = kRowsPerStep});
    for (const auto& [at, priority] : rows) {
      purge.cursor = at;
      const auto task = load_task(context.txn, key::last_part(at));
      if (task && !visit(*task)) return false;
      if (context.txn.should_yield()) return false;
    }
    if (rows.size() == kRowsPerStep) return false;
    ++purge.status;
    purge.cursor.clear();
  }
  purge.status = 0;
  return true;
}

}  // namespace

Result<bool> look_for_open_tasks(Context& context, Purge& purge) {
  std::optional<Task> found;
  const bool done = walk(context, purge, kOpen, [&](const Task& task) {
    if (!concerns(task, purge.agent)) return true;
    found = task;
    return false;
  });
  if (!found) return done;
  return Error{code::kConflict,
               "agent '" + purge.agent + "' has a task that is not finished: '" + found->title +
                   "'; complete or cancel it first (ansible_cancel_task)",
               {{"taskId", found->id}, {"status", to_text(found->status)}}};
}

bool purge_tasks(Context& context, Purge& purge) {
  return walk(context, purge, kClosed, [&](const Task& task) {
    if (!concerns(task, purge.agent)) return true;
    forget_deliveries(context.txn, key::task(task.id));
    erase_ledger(context.txn, task.id);
    remove_task(context.txn, task);
    ++purge.tasks;
    return true;
  });
}

}  // namespace ansible
