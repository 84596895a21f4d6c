// ansible_task_timeline: what happened to a task, from its audit log (reference 2.9, T-17).
#include <algorithm>
#include <utility>

#include "actors/actor.hpp"
#include "core/fields.hpp"
#include "tasks/audit_log.hpp"
#include "tasks/task_store.hpp"
#include "tasks/task_verbs.hpp"
#include "tools/sizes.hpp"

namespace ansible {
namespace {

// A claim is one transition with one record; people see the acknowledgement and the claim. The later one first.
std::vector<json::value> events_of(const AuditRecord& record) {
  std::vector<json::value> events{to_json(record)};
  if (record.kind == "claimed") {
    AuditRecord accepted = record;
    accepted.kind = "ack_accepted";
    events.push_back(to_json(accepted));
  }
  return events;
}

// Oldest first; of a long life the newest part.
struct Timeline {
  json::array events;
  bool cut = false;
};

Timeline timeline_of(const std::vector<AuditRecord>& records) {
  Timeline out;
  ReplySize size;
  for (auto record = records.rbegin(); record != records.rend() && !out.cut; ++record) {
    for (json::value& event : events_of(*record)) {
      out.cut = !size.takes(event);
      if (out.cut) break;
      out.events.push_back(std::move(event));
    }
  }
  std::reverse(out.events.begin(), out.events.end());
  return out;
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
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  const auto task = find_task_by_id(context.txn, args.text_or("taskId", ""));
  if (!task.ok()) return task.error();
  const std::vector<AuditRecord> records = audit_of(context.txn, task->id);
  Timeline timeline = timeline_of(records);
  json::object reply{{"success", true},
                     {"task", head(*task)},
                     {"timeline", std::move(timeline.events)},
                     {"metrics", metrics(*task)}};
  const bool truncated = timeline.cut || records.size() < task->audit_seq;
  if (truncated) reply["truncated"] = true;  // the oldest are left out
  return reply;
}

}  // namespace ansible
