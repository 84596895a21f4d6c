// ansible_task_timeline: what happened to a task, from its audit log (reference 2.9, T-17).
#include <utility>

#include "actors/actor.hpp"
#include "core/fields.hpp"
#include "tasks/audit_log.hpp"
#include "tasks/task_store.hpp"
#include "tasks/task_verbs.hpp"

namespace ansible {
namespace {

// A claim is one transition with one record; people see the acknowledgement and the claim.
void add_events(json::array& timeline, const AuditRecord& record) {
  if (record.kind == "claimed") {
    AuditRecord accepted = record;
    accepted.kind = "ack_accepted";
    timeline.push_back(to_json(accepted));
  }
  timeline.push_back(to_json(record));
}

// How often the task was touched after its creation (the first record has number 0).
std::int64_t update_count(const Task& task) {
  return task.audit_seq == 0 ? 0 : static_cast<std::int64_t>(task.audit_seq) - 1;
}

json::object metrics(const Task& task) {
  json::object out{{"updateCount", update_count(task)}};
  auto accepted = int_field(task.ack, "acceptedAt");
  if (!accepted) accepted = task.claimed_at;
  if (accepted) out["acceptMs"] = *accepted - task.created_at;
  auto ended = task.completed_at;
  if (!ended && task.status == TaskStatus::kFailed) ended = int_field(task.failure, "failedAt");
  if (ended) out["completeMs"] = *ended - task.created_at;
  return out;
}

json::object head(const Task& task) {
  json::object out{{"id", task.id},
                   {"title", task.title},
                   {"status", to_text(task.status)},
                   {"assignedTo", nullptr},
                   {"assignedToAll", to_array(task.assignees)},
                   {"createdBy", task.created_by_agent},
                   {"claimedBy", nullptr}};
  if (!task.assignees.empty()) out["assignedTo"] = task.assignees.front();
  set_field(out, "claimedBy", task.claimed_by_agent);
  return out;
}

}  // namespace

ToolResult task_timeline(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args, "agentId");
  if (!actor.ok()) return actor.error();
  const auto task = find_task_by_id(context.txn, args.text_or("taskId", ""));
  if (!task.ok()) return task.error();
  const std::vector<AuditRecord> records = audit_of(context.txn, task->id);
  json::array timeline;
  for (const AuditRecord& record : records) add_events(timeline, record);
  json::object reply{{"success", true},
                     {"task", head(*task)},
                     {"timeline", std::move(timeline)},
                     {"metrics", metrics(*task)}};
  if (records.size() < task->audit_seq) reply["truncated"] = true;  // the oldest are left out
  return reply;
}

}  // namespace ansible
