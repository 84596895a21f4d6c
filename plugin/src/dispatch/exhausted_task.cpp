#include "dispatch/exhausted_task.hpp"

#include <algorithm>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "dispatch/outbox.hpp"
#include "dispatch/sink_store.hpp"
#include "tasks/notices.hpp"
#include "tasks/task_store.hpp"
#include "tasks/transitions.hpp"

namespace ansible {
namespace {

// Whoever has no sink (any more) looks for itself, however its deliveries went.
bool out_of_reach(Context& context, const std::string& task_id, const std::string& agent) {
  return load_sink(context.txn, agent) &&
         delivery_of(context.txn, key::task(task_id), agent).given_up;
}

}  // namespace

void fail_if_exhausted(Context& context, const std::string& task_id, const DeliveryRecord& last) {
  const auto stored = load_task(context.txn, task_id);
  if (!stored || stored->status != TaskStatus::kPending) return;
  const bool all =
      std::all_of(stored->assignees.begin(), stored->assignees.end(),
                  [&](const std::string& agent) { return out_of_reach(context, task_id, agent); });
  if (!all) return;
  Task task = *stored;
  const std::string code =
      "dispatch:max_delivery_attempts_exceeded:" + std::to_string(last.attempts);
  const std::string why = "the task could be delivered to none of its assignees: " +
                          last.last_error.value_or("no reason given");
  task.failure = {{"failureClass", "failed_terminal"},
                  {"failureCode", code},
                  {"terminal", true},
                  {"retryable", false},
                  {"failedAt", context.now_ms},
                  {"failedByAgentId", context.node_id()},
                  {"failedByNodeId", context.node_id()},
                  {"errorSummary", why}};
  carry_out(context, *stored, task,
            {.action = Action::kExhaust,
             .by_agent = context.node_id(),
             .reason = "dispatch_exhausted",
             .note = why});
  notify_creator(context, task,
                 {.intent = "task_failed", .from_agent = context.node_id(), .note = why});
}

}  // namespace ansible
