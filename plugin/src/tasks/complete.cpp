// ansible_complete_task: the claimer hands in the result (reference 2.7; T-6, T-7, T-13).
#include <utility>

#include "core/text.hpp"
#include "tasks/approval.hpp"
#include "tasks/notices.hpp"
#include "tasks/task_call.hpp"
#include "tasks/task_verbs.hpp"

namespace ansible {
namespace {

std::optional<Error> refuse_empty(const Args& args, const Task& task) {
  if (!task.response_required || !trimmed(args.text_or("result", "")).empty()) return std::nullopt;
  return Error{code::kInvalidArgument,
               "result: expected what came out of the task, got nothing; its creator waits for it",
               {{"pointer", "/result"}, {"expected", "text"}, {"got", "nothing"}}};
}

std::optional<Error> refuse_completion(const Args& args, const TaskCall& call) {
  if (auto refusal = refuse_non_claimer(call, "complete")) return refusal;
  if (auto refusal = refuse_rejected(call.task)) return refusal;
  if (auto refusal = refuse_transition(call.task, Action::kComplete)) return refusal;
  if (auto refusal = refuse_empty(args, call.task)) return refusal;
  return refuse_unapproved(call.task, call.actor);
}

}  // namespace

ToolResult complete_task(Context& context, const Args& args) {
  auto call = open_call(context, args, {"complete", Action::kComplete});
  if (!call.ok()) return std::move(call.error());
  if (call->replay) return std::move(*call->replay);
  if (auto refusal = refuse_completion(args, *call)) return std::move(*refusal);

  Task task = call->task;
  task.completed_at = context.now_ms;
  task.result = args.text("result");
  task.failure.clear();
  carry_out(context, call->task, task,
            {.action = Action::kComplete, .by_agent = call->actor.id, .reason = "completed"});
  const auto notice = notify_creator(
      context, task,
      {.intent = "task_complete", .from_agent = call->actor.id, .result = task.result});
  return finish_call(context, *call,
                     {{"success", true},
                      {"message", "completed task " + named_task(task)},
                      {"notifyMessageId", id_or_null(notice)},
                      {"task", brief_task(task)}});
}

}  // namespace ansible
