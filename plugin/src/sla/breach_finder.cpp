#include "sla/breach_finder.hpp"

#include <algorithm>

#include "actors/actor.hpp"
#include "actors/agent_store.hpp"
#include "core/keys.hpp"
#include "sla/held_store.hpp"
#include "sla/notify.hpp"
#include "sla/sla_book.hpp"
#include "tasks/task_store.hpp"

namespace ansible {
namespace {

constexpr std::string_view kDuePrefix = "due/";

std::vector<std::string> able_to_receive(Context& context, std::vector<std::string> agents) {
  agents.erase(std::remove_if(agents.begin(), agents.end(),
                              [&](const std::string& a) { return !can_receive(context.txn, a); }),
               agents.end());
  return agents;
}

// SLA-5: fixed now, whenever they are told.
std::vector<std::string> targets_of(Context& context, const SweepRun& run, const Task& task,
                                    Window window) {
  std::vector<std::string> targets =
      able_to_receive(context, principals(task.created_by_agent, task.claimed_by_agent));
  if (targets.empty()) {
    targets = able_to_receive(context, meant_agents(context, run.options.fyi_agents));
  }
  if (window != Window::kComplete) return targets;
  for (const std::string& admin : able_to_receive(context, {effective_admin(context)})) {
    if (std::find(targets.begin(), targets.end(), admin) == targets.end()) {
      targets.push_back(admin);
    }
  }
  return targets;
}

// Decides about one breach, tells its targets or lets it wait, and notes it in the record.
void act_on(Context& context, SweepRun& run, const Task& task, SlaRecord& record, Window window) {
  WindowState& state = record[window];
  const Breach breach{.task_id = task.id,
                      .title = task.title,
                      .window = window,
                      .due_at = *state.due_at,
                      .status = std::string(to_text(task.status))};
  std::vector<std::string> targets;
  if (!run.options.record_only) targets = targets_of(context, run, task, window);
  const Decision decision = decide(targets, run.options.record_only, run.budget);
  if (decision.notify) notify_targets(context, run, breach, targets);
  if (decision.reason == breach_reason::kHeldBack) {
    hold_back(context.txn,
              {.due_at = breach.due_at, .task_id = task.id, .window = window, .targets = targets});
  }
  state.escalated_at = run.now;
  state.outcome = BreachOutcome{.at = run.now, .reason = std::string(decision.reason)};
  if (decision.notify) state.outcome->notified_agents = targets;
  if (window == Window::kProgress) record.stalled = true;
  if (window == Window::kComplete) record.breached = true;
  context.txn.erase(key::due(breach.due_at, task.id, to_text(window)));
  run.add(breach);
}

}  // namespace

void find_breaches(Context& context, SweepRun& run) {
  Transaction& txn = context.txn;
  if (run.options.limit && run.tasks_handled >= *run.options.limit) {
    return run.enter(SweepPhase::kDone);
  }
  const std::string first = run.cursor.empty() ? std::string(kDuePrefix) : run.cursor + '\0';
  const std::string cut = std::string(kDuePrefix) + key::ms(run.now);  // strictly before now
  const auto rows = collect(txn, first, cut, {.limit = 1});
  if (rows.empty()) return run.enter(SweepPhase::kDone);
  const auto& [row_key, task_id] = rows.front();
  run.cursor = row_key;

  const auto task = load_task(txn, task_id);
  auto record = load_sla(txn, task_id);
  const std::vector<Window> windows =
      task && record ? breached_windows(*record, task->status, run.now) : std::vector<Window>{};
  if (windows.empty()) {  // damage: an entry that its record does not know
    txn.erase(row_key);
    return;
  }
  for (const Window window : windows) act_on(context, run, *task, *record, window);
  save_sla(txn, task_id, *record);
  ++run.tasks_handled;
}

}  // namespace ansible
