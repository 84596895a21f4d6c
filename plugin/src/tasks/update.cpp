// ansible_update_task: the claimer reports progress or failure (reference 2.5; T-6, T-9, T-14,
// T-15).
#include <utility>

#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/text.hpp"
#include "tasks/approval.hpp"
#include "tasks/failure.hpp"
#include "tasks/notices.hpp"
#include "tasks/task_call.hpp"
#include "tasks/task_verbs.hpp"

namespace ansible {
namespace {

Error invalid(std::string_view name, std::string_view expected, std::string_view got) {
  return {code::kInvalidArgument,
          std::string(name) + ": expected " + std::string(expected) + ", got " + std::string(got),
          {{"pointer", "/" + std::string(name)}, {"expected", expected}, {"got", got}}};
}

// The failure_* arguments belong to a failure, and a failure needs words.
std::optional<Error> refuse_failure_words(const Args& args, bool failed) {
  for (const std::string_view name : {"failure_class", "failure_code", "terminal", "retryable"}) {
    if (!failed && args.has(name)) {
      return invalid(name, "only with status failed", "status in_progress");
    }
  }
  if (!failed) return std::nullopt;
  if (trimmed(args.text_or("note", "") + args.text_or("result", "")).empty()) {
    return invalid("note", "why it failed, in note or result", "nothing");
  }
  const bool terminal =
      args.flag("terminal") || args.text_or("failure_class", "") == "failed_terminal";
  if (args.flag("retryable") && terminal) {
    return invalid("retryable", "not together with a terminal failure", "true");
  }
  return std::nullopt;
}

json::object update_reply(const Task& task, std::string message, bool notify,
                          const std::optional<std::string>& notice) {
  return {{"success", true},
          {"message", std::move(message)},
          {"status", to_text(task.status)},
          {"notified", notify && notice.has_value()},
          {"notifyMessageId", id_or_null(notice)},
          {"task", brief_task(task)}};
}

std::optional<std::string> maybe_notify(Context& context, const Args& args, const Task& task,
                                        const TaskCall& call, std::string_view intent) {
  if (!args.flag("notify")) return std::nullopt;
  return notify_creator(context, task,
                        {.intent = intent,
                         .from_agent = call.actor.id,
                         .note = args.text("note"),
                         .result = args.text("result")});
}

ToolResult report_progress(Context& context, const Args& args, const TaskCall& call) {
  Task task = call.task;
  if (args.has("result")) task.result = args.text("result");
  if (task.claim_lease_seconds > 0) {
    task.lease_expires_at = context.now_ms + task.claim_lease_seconds * 1000;  // T-9
  }
  carry_out(context, call.task, task,
            {.action = Action::kProgress,
             .by_agent = call.actor.id,
             .reason = "progress",
             .note = args.text("note")});
  const auto notice = maybe_notify(context, args, task, call, "task_update");
  json::object reply = update_reply(task, "task " + named_task(task) + " is in progress",
                                    args.flag("notify"), notice);
  set_field(reply, "leaseExpiresAt", task.lease_expires_at);
  return finish_call(context, call, std::move(reply));
}

ToolResult report_failure(Context& context, const Args& args, const TaskCall& call) {
  Task task = call.task;
  if (args.has("result")) task.result = args.text("result");
  const auto retry_at = record_failure(context, task, args, call.actor.id);
  carry_out(context, call.task, task,
            {.action = retry_at ? Action::kRequeue : Action::kFail,
             .by_agent = call.actor.id,
             .reason = text_field(task.failure, "failureClass").value_or(""),
             .note = args.text("note"),
             .details = {{"failure", task.failure}, {"retry", task.retry}}});
  const auto notice = maybe_notify(context, args, task, call, "task_failed");
  std::string message = "task " + named_task(task);
  message +=
      retry_at ? " is pending again; it can be claimed from " + iso_time(*retry_at) : " has failed";
  json::object reply = update_reply(task, std::move(message), args.flag("notify"), notice);
  set_field(reply, "retryAt", retry_at);
  return finish_call(context, call, std::move(reply));
}

}  // namespace

ToolResult progress_or_fail_task(Context& context, const Args& args) {
  auto call = open_call(context, args, {"update"});
  if (!call.ok()) return std::move(call.error());
  if (call->replay) return std::move(*call->replay);
  if (auto refusal = refuse_non_claimer(*call, "update")) return std::move(*refusal);
  const bool failed = args.text_or("status", "") == "failed";
  if (auto refusal = refuse_failure_words(args, failed)) return std::move(*refusal);
  if (auto refusal = refuse_rejected(call->task)) return std::move(*refusal);
  const Action action = failed ? Action::kFail : Action::kProgress;
  if (auto refusal = refuse_transition(call->task, action)) return std::move(*refusal);
  if (!failed) {
    if (auto refusal = refuse_unapproved(call->task, call->actor)) return std::move(*refusal);
  }
  return failed ? report_failure(context, args, *call) : report_progress(context, args, *call);
}

}  // namespace ansible
