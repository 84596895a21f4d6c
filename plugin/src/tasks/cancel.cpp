// ansible_cancel_task: the creator (or an admin) calls a task off (T-16).
#include <utility>

#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/text.hpp"
#include "tasks/task_call.hpp"
#include "tasks/task_verbs.hpp"

namespace ansible {
namespace {

constexpr std::size_t kSummaryCharacters = 200;

std::optional<Error> refuse_cancel(const Args& args, const TaskCall& call) {
  if (call.task.created_by_agent != call.actor.id && !call.actor.admin) {
    return Error{code::kNotAuthorized, "'" + call.actor.id + "' cannot cancel task " +
                                           std::string(short_id(call.task.id)) +
                                           ": only its creator '" + call.task.created_by_agent +
                                           "' or an admin can"};
  }
  if (auto refusal = refuse_transition(call.task, Action::kCancel)) return refusal;
  if (!trimmed(args.text_or("reason", "")).empty()) return std::nullopt;
  return Error{code::kInvalidArgument,
               "reason: expected why the task is called off, got nothing",
               {{"pointer", "/reason"}, {"expected", "text"}, {"got", "nothing"}}};
}

}  // namespace

ToolResult cancel_task(Context& context, const Args& args) {
  auto call = open_call(context, args, {"cancel"});
  if (!call.ok()) return std::move(call.error());
  if (call->replay) return std::move(*call->replay);
  if (auto refusal = refuse_cancel(args, *call)) return std::move(*refusal);

  const std::string why = excerpt(args.text_or("reason", ""), kSummaryCharacters);
  Task task = call->task;
  task.failure = {{"failureClass", "failed_terminal"},
                  {"failureCode", "cancelled"},
                  {"terminal", true},
                  {"retryable", false},
                  {"failedAt", context.now_ms},
                  {"failedByAgentId", call->actor.id},
                  {"failedByNodeId", context.node_id()},
                  {"errorSummary", why}};
  task.retry.erase("notBeforeAt");
  json::object details{{"status", to_text(call->task.status)},
                       {"text", args.text_or("reason", "")}};
  carry_out(context, call->task, task,
            {.action = Action::kCancel,
             .by_agent = call->actor.id,
             .reason = "cancelled",
             .note = why,
             .details = std::move(details)});
  return finish_call(context, *call,
                     {{"success", true},
                      {"message", "cancelled task " + named_task(task)},
                      {"task", brief_task(task)}});
}

}  // namespace ansible
