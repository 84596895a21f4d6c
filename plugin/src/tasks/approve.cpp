// ansible_approve_task: a human's word on high-risk work (reference 2.6; T-12).
#include <utility>

#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/text.hpp"
#include "messages/lifecycle_event.hpp"
#include "tasks/approval.hpp"
#include "tasks/audit_log.hpp"
#include "tasks/notices.hpp"
#include "tasks/task_call.hpp"
#include "tasks/task_store.hpp"
#include "tasks/task_verbs.hpp"

namespace ansible {
namespace {

constexpr std::size_t kSummaryCharacters = 200;

bool rejects(const Args& args) { return args.text_or("decision", "approved") == "rejected"; }

std::optional<Error> refuse_approver(const TaskCall& call) {
  if (!approval_required(call.task)) {
    return Error{code::kInvalidArgument,
                 "task " + std::string(short_id(call.task.id)) +
                     " needs no approval: none of its capabilities is high-risk",
                 {{"pointer", "/taskId"},
                  {"expected", "a task that needs approval"},
                  {"got", "one that does not"}}};
  }
  if (call.actor.admin || call.actor.id == call.task.created_by_agent) return std::nullopt;
  return Error{code::kNotAuthorized, "'" + call.actor.id + "' cannot approve task " +
                                         std::string(short_id(call.task.id)) +
                                         ": only its creator '" + call.task.created_by_agent +
                                         "', the gateway's admin or the operator can"};
}

std::optional<Error> refuse_decision(const Args& args, const Task& task) {
  if (auto refusal = refuse_rejected(task)) return refusal;
  if (terminal(task.status)) return refuse_transition(task, Action::kReject);
  if (rejects(args) || !trimmed(args.text_or("approval_artifact_id", "")).empty()) {
    return std::nullopt;
  }
  return Error{code::kInvalidArgument,
               "approval_artifact_id: expected where the approval is on record (a ticket, a "
               "signed document), got nothing",
               {{"pointer", "/approval_artifact_id"}, {"expected", "text"}, {"got", "nothing"}}};
}

// Nothing is left to approve. Where the approver is to do the work as well, another one may step in (T-13).
bool stands(const Task& task, const Actor& actor) {
  if (!approval_satisfied(task)) return false;
  if (text_field(task.approval, "approvedByAgentId") == actor.recorded_as()) return true;
  const auto executor = [&](const std::string& agent) {
    return refuse_unapproved(task, {.id = agent}).has_value();
  };
  if (task.claimed_by_agent) return !executor(*task.claimed_by_agent);
  for (const std::string& agent : task.assignees) {
    if (executor(agent)) return false;
  }
  return true;
}

json::object decided(Context& context, const Args& args, const TaskCall& call) {
  const std::string word = rejects(args) ? "rejected" : "approved";
  json::object approval{{"required", true}, {"state", word}};
  set_field(approval, "approvalArtifactId", args.text("approval_artifact_id"));
  approval[word + "At"] = context.now_ms;
  approval[word + "ByAgentId"] = call.actor.recorded_as();
  approval[word + "ByNodeId"] = context.node_id();
  set_field(approval, "note", args.text("note"));
  return approval;
}

std::string announce(Context& context, const TaskCall& call, const Task& task,
                     std::string_view intent) {
  return broadcast_event(context, intent, call.actor.id,
                         "Task " + named_task(task) + ": its high-risk work was " +
                             text_field(task.approval, "state").value_or("") + " by " +
                             call.actor.recorded_as(),
                         {{"taskId", task.id}, {"approval", task.approval}});
}

// The status stays; the log and the list of updates say who approved.
void write_approval(Context& context, const TaskCall& call, Task& task, const std::string& note) {
  task.updated_at = context.now_ms;
  add_update(context, task, call.actor.recorded_as(), note);
  append_audit(context, task,
               {.at = context.now_ms,
                .kind = "approved",
                .by_agent = call.actor.recorded_as(),
                .by_node = context.node_id(),
                .status = std::string(to_text(task.status)),
                .note = note,
                .metadata = {{"reason", "approved"}, {"approval", task.approval}}});
  update_task(context.txn, call.task, task);
}

void fail_rejected(Context& context, const TaskCall& call, Task& task, const std::string& note) {
  task.failure = {{"failureClass", "policy_blocked"},
                  {"failureCode", code::kApprovalRejected},
                  {"terminal", true},
                  {"retryable", false},
                  {"failedAt", context.now_ms},
                  {"failedByAgentId", call.actor.recorded_as()},
                  {"failedByNodeId", context.node_id()},
                  {"errorSummary", note}};
  task.retry.erase("notBeforeAt");
  carry_out(context, call.task, task,
            {.action = Action::kReject,
             .by_agent = call.actor.recorded_as(),
             .reason = std::string(code::kApprovalRejected),
             .note = note,
             .details = {{"approval", task.approval}}});
  if (task.created_by_agent != call.actor.id) {
    notify_creator(context, task,
                   {.intent = "task_failed", .from_agent = call.actor.id, .note = note});
  }
}

json::object approval_reply(const Task& task, std::string_view message_id) {
  const std::string word = text_field(task.approval, "state").value_or("");
  return {{"success", true},           {"message", word + " task " + named_task(task)},
          {"taskId", task.id},         {"lifecycleMessageId", message_id},
          {"approval", task.approval}, {"task", brief_task(task)}};
}

}  // namespace

ToolResult approve_task(Context& context, const Args& args) {
  auto call = open_call(context, args, {"approve"});
  if (!call.ok()) return std::move(call.error());
  if (call->replay) return std::move(*call->replay);
  if (auto refusal = refuse_approver(*call)) return std::move(*refusal);
  if (auto refusal = refuse_decision(args, call->task)) return std::move(*refusal);
  if (!rejects(args) && stands(call->task, call->actor)) {
    return json::object{{"success", true},
                        {"idempotent", true},
                        {"message", "task " + named_task(call->task) + " is approved already"},
                        {"taskId", call->task.id},
                        {"approval", call->task.approval},
                        {"task", brief_task(call->task)}};
  }
  Task task = call->task;
  task.approval = decided(context, args, *call);
  const bool rejected = rejects(args);
  const std::string note = excerpt(
      args.text_or("note",
                   rejected ? "rejected" : "approved: " + args.text_or("approval_artifact_id", "")),
      kSummaryCharacters);
  if (rejected) {
    fail_rejected(context, *call, task, note);
  } else {
    write_approval(context, *call, task, note);
  }
  const std::string event = announce(
      context, *call, task, rejected ? "task_high_risk_rejected" : "task_high_risk_approved");
  return finish_call(context, *call, approval_reply(task, event));
}

}  // namespace ansible
