#include "tasks/approval.hpp"

#include <string>

#include "core/fields.hpp"
#include "core/ids.hpp"

namespace ansible {
namespace {

std::string approver_of(const Task& task) {
  return text_field(task.approval, "approvedByAgentId").value_or("");
}

// The operator and the agent that has its node's name are one.
bool same_person(const std::string& recorded, const Actor& actor) {
  return recorded == actor.id || recorded == "operator:" + actor.id;
}

Error unapproved(const Task& task, const std::string& why) {
  return {code::kApprovalRequired,
          "task " + std::string(short_id(task.id)) + " is high-risk work: " + why +
              "; its creator, the gateway's admin or the operator can approve it with "
              "ansible_approve_task",
          {{"approval", task.approval}}};
}

}  // namespace

bool approval_required(const Task& task) { return !task.approval.empty(); }

bool approval_satisfied(const Task& task) {
  return text_field(task.approval, "state") == "approved" &&
         !text_field(task.approval, "approvalArtifactId").value_or("").empty() &&
         !approver_of(task).empty() && int_field(task.approval, "approvedAt");
}

std::optional<Error> refuse_rejected(const Task& task) {
  if (text_field(task.approval, "state") != "rejected") return std::nullopt;
  return Error{code::kApprovalRejected,
               "task " + std::string(short_id(task.id)) + " was rejected by '" +
                   text_field(task.approval, "rejectedByAgentId").value_or("") +
                   "' and has failed; delegate a new task if the work is still wanted",
               {{"approval", task.approval}, {"status", to_text(task.status)}}};
}

std::optional<Error> refuse_unapproved(const Task& task, const Actor& actor) {
  if (!approval_required(task)) return std::nullopt;
  if (!approval_satisfied(task)) return unapproved(task, "nobody has approved it yet");
  if (!same_person(approver_of(task), actor)) return std::nullopt;
  return unapproved(task, "'" + approver_of(task) + "' has approved it and cannot do it as well");
}

}  // namespace ansible
