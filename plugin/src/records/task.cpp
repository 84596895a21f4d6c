#include "records/task.hpp"

#include <algorithm>
#include <utility>

#include "core/fields.hpp"

namespace ansible {
namespace {

constexpr std::pair<TaskStatus, std::string_view> kStatusNames[] = {
    {TaskStatus::kPending, "pending"},        {TaskStatus::kClaimed, "claimed"},
    {TaskStatus::kInProgress, "in_progress"}, {TaskStatus::kCompleted, "completed"},
    {TaskStatus::kFailed, "failed"},
};

void set_object(json::object& to, std::string_view name, const json::object& value) {
  if (!value.empty()) to[name] = value;
}

json::array updates_to_json(const std::vector<TaskUpdate>& updates) {
  json::array out;
  out.reserve(updates.size());
  for (const TaskUpdate& update : updates) {
    json::object entry{{"at", update.at}, {"by_agent", update.by_agent}, {"status", update.status}};
    set_field(entry, "note", update.note);
    out.emplace_back(std::move(entry));
  }
  return out;
}

std::vector<TaskUpdate> updates_from_json(const json::object& from) {
  std::vector<TaskUpdate> out;
  const json::value* list = from.if_contains("updates");
  if (list == nullptr || !list->is_array()) return out;
  for (const json::value& item : list->get_array()) {
    if (!item.is_object()) continue;
    const json::object& entry = item.get_object();
    out.push_back({.at = int_field(entry, "at").value_or(0),
                   .by_agent = text_field(entry, "by_agent").value_or(""),
                   .status = text_field(entry, "status").value_or(""),
                   .note = text_field(entry, "note")});
  }
  return out;
}

json::object sla_to_json(const SlaSeconds& sla) {
  json::object out;
  set_field(out, "accept", sla.accept);
  set_field(out, "progress", sla.progress);
  set_field(out, "complete", sla.complete);
  return out;
}

SlaSeconds sla_from_json(const json::object& from) {
  return {.accept = int_field(from, "accept"),
          .progress = int_field(from, "progress"),
          .complete = int_field(from, "complete")};
}

// The typed part of metadata.ansible.
json::object block_to_json(const Task& task) {
  json::object out{{"routingMode", task.routing_mode}};
  if (!task.response_required) out["responseRequired"] = false;
  if (!task.contracts.empty()) out["contract"] = contracts_to_json(task.contracts);
  set_field(out, "requiredSkills", task.required_skills);
  if (task.default_eta_seconds != 0) out["defaultEtaSeconds"] = task.default_eta_seconds;
  set_object(out, "ack", task.ack);
  set_object(out, "approval", task.approval);
  set_object(out, "failure", task.failure);
  set_object(out, "retry", task.retry);
  set_object(out, "backpressure", task.backpressure);
  set_object(out, "slaSeconds", sla_to_json(task.sla_seconds));
  set_field(out, "deadlineAt", task.deadline_at);
  if (task.claim_lease_seconds != 0) out["claimLeaseSeconds"] = task.claim_lease_seconds;
  set_field(out, "leaseExpiresAt", task.lease_expires_at);
  if (task.distribution) {
    out["distribution"] = json::object{{"capabilityId", task.distribution->capability_id},
                                       {"version", task.distribution->version}};
  }
  return out;
}

void block_from_json(Task& task, const json::object& from) {
  task.routing_mode = text_field(from, "routingMode").value_or("explicit");
  task.response_required = bool_field(from, "responseRequired").value_or(true);
  task.contracts = contracts_from_json(object_field(from, "contract"));
  task.required_skills = texts_field(from, "requiredSkills");
  task.default_eta_seconds = int_field(from, "defaultEtaSeconds").value_or(0);
  task.ack = object_field(from, "ack");
  task.approval = object_field(from, "approval");
  task.failure = object_field(from, "failure");
  task.retry = object_field(from, "retry");
  task.backpressure = object_field(from, "backpressure");
  task.sla_seconds = sla_from_json(object_field(from, "slaSeconds"));
  task.deadline_at = int_field(from, "deadlineAt");
  task.claim_lease_seconds = int_field(from, "claimLeaseSeconds").value_or(0);
  task.lease_expires_at = int_field(from, "leaseExpiresAt");
  if (const json::object of = object_field(from, "distribution"); !of.empty()) {
    task.distribution = Distributed{.capability_id = text_field(of, "capabilityId").value_or(""),
                                    .version = text_field(of, "version").value_or("")};
  }
}

}  // namespace

std::string_view to_text(TaskStatus status) {
  for (const auto& [value, name] : kStatusNames) {
    if (value == status) return name;
  }
  return "unknown";
}

std::optional<TaskStatus> task_status(std::string_view text) {
  for (const auto& [value, name] : kStatusNames) {
    if (name == text) return value;
  }
  return std::nullopt;
}

bool Task::assigned_to(std::string_view agent) const {
  return std::find(assignees.begin(), assignees.end(), agent) != assignees.end();
}

std::optional<std::int64_t> Task::rests_until() const {
  if (status != TaskStatus::kPending) return std::nullopt;
  return int_field(retry, "notBeforeAt");
}

int Task::urgency() const {
  if (priority == "high") return 0;
  return priority == "low" ? 2 : 1;
}

json::object to_json(const Task& task) {
  json::object out{{"id", task.id},
                   {"title", task.title},
                   {"description", task.description},
                   {"status", to_text(task.status)},
                   {"createdBy_agent", task.created_by_agent},
                   {"createdAt", task.created_at},
                   {"priority", task.priority},
                   {"updatedAt", task.updated_at},
                   {"auditSeq", task.audit_seq},
                   {"ansible", block_to_json(task)}};
  set_field(out, "createdBy_node", task.created_by_node);
  set_field(out, "assignees", task.assignees);
  set_field(out, "requires", task.requires_);
  set_field(out, "claimedBy_agent", task.claimed_by_agent);
  set_field(out, "claimedBy_node", task.claimed_by_node);
  set_field(out, "claimedAt", task.claimed_at);
  set_field(out, "completedAt", task.completed_at);
  set_field(out, "result", task.result);
  set_field(out, "context", task.context);
  set_field(out, "intent", task.intent);
  set_field(out, "skillRequired", task.skill_required);
  if (!task.updates.empty()) out["updates"] = updates_to_json(task.updates);
  set_object(out, "metadata", task.metadata);
  return out;
}

Task task_from_json(const json::object& from) {
  Task task;
  task.id = text_field(from, "id").value_or("");
  task.title = text_field(from, "title").value_or("");
  task.description = text_field(from, "description").value_or("");
  task.status = task_status(text_field(from, "status").value_or("")).value_or(TaskStatus::kPending);
  task.created_by_agent = text_field(from, "createdBy_agent").value_or("");
  task.created_by_node = text_field(from, "createdBy_node");
  task.created_at = int_field(from, "createdAt").value_or(0);
  task.assignees = texts_field(from, "assignees");
  task.requires_ = texts_field(from, "requires");
  task.claimed_by_agent = text_field(from, "claimedBy_agent");
  task.claimed_by_node = text_field(from, "claimedBy_node");
  task.claimed_at = int_field(from, "claimedAt");
  task.completed_at = int_field(from, "completedAt");
  task.result = text_field(from, "result");
  task.context = text_field(from, "context");
  task.intent = text_field(from, "intent");
  task.skill_required = text_field(from, "skillRequired");
  task.priority = text_field(from, "priority").value_or("normal");
  task.updated_at = int_field(from, "updatedAt").value_or(task.created_at);
  task.updates = updates_from_json(from);
  task.metadata = object_field(from, "metadata");
  task.audit_seq = static_cast<std::uint64_t>(int_field(from, "auditSeq").value_or(0));
  block_from_json(task, object_field(from, "ansible"));
  return task;
}

}  // namespace ansible
