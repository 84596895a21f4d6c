// ansible_release_task: the claimer (or an admin) gives a task back (T-16).
#include <utility>

#include "core/fields.hpp"
#include "tasks/task_call.hpp"
#include "tasks/task_verbs.hpp"

namespace ansible {

ToolResult release_task(Context& context, const Args& args) {
  auto call = open_call(context, args, {"release"});
  if (!call.ok()) return std::move(call.error());
  if (call->replay) return std::move(*call->replay);
  const bool claimer = call->task.claimed_by_agent == call->actor.id;
  if (!claimer && !call->actor.admin) return *refuse_non_claimer(*call, "release");
  if (auto refusal = refuse_transition(call->task, Action::kRelease)) return std::move(*refusal);

  Task task = call->task;
  json::object details;
  set_field(details, "claimedBy_agent", task.claimed_by_agent);
  carry_out(context, call->task, task,
            {.action = Action::kRelease,
             .by_agent = call->actor.id,
             .reason = claimer ? "released_by_claimer" : "released_by_admin",
             .note = args.text("note"),
             .details = std::move(details)});
  return finish_call(context, *call,
                     {{"success", true},
                      {"message", "released task " + named_task(task) + "; it is pending again"},
                      {"task", brief_task(task)}});
}

}  // namespace ansible
