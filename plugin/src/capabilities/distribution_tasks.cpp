#include "capabilities/distribution_tasks.hpp"

#include <utility>

#include "core/ids.hpp"
#include "core/keys.hpp"
#include "tasks/audit_log.hpp"
#include "tasks/task_store.hpp"
#include "tasks/transitions.hpp"

namespace ansible {
namespace {

constexpr std::string_view kIntent = "skill_distribution";

std::string open_prefix(std::string_view capability, std::string_view version) {
  return key::distribution_open(capability, version, "");
}

Task new_task(Context& context, const CatalogRecord& record, std::string_view target) {
  const SkillRef& skill = record.delegation_skill;
  Task task;
  task.id = new_uuid(context.txn, "distribution-task");
  task.title = "Install skill " + skill.name + " for " + record.capability_id;
  task.description = "Capability " + record.capability_id + " v" + record.version + " of '" +
                     record.owner_agent_id + "' is published. Install its delegation skill " +
                     skill.name + " v" + skill.version +
                     " and complete this task with the install status and a timestamp.";
  task.created_by_agent = record.published_by_agent_id;
  task.created_by_node = context.node_id();
  task.created_at = task.updated_at = context.now_ms;
  task.assignees = {std::string(target)};
  task.intent = kIntent;
  task.metadata = {{"kind", kIntent},
                   {"capabilityId", record.capability_id},
                   {"version", record.version},
                   {"delegationSkillRef", to_json(skill)},
                   {"requiredResponse", "install_status_with_timestamp"}};
  task.response_required = false;
  task.distribution = {.capability_id = record.capability_id, .version = record.version};
  task.ack = open_ack(task.response_required);
  return task;
}

}  // namespace

bool create_distribution_task(Context& context, const CatalogRecord& record,
                              std::string_view target) {
  const std::string place = key::distribution_target(record.capability_id, record.version, target);
  if (context.txn.get(place)) return false;
  Task task = new_task(context, record, target);
  append_audit(context, task,
               {.at = context.now_ms,
                .kind = "created",
                .by_agent = task.created_by_agent,
                .by_node = context.node_id(),
                .status = std::string(to_text(task.status)),
                .note = std::nullopt,
                .metadata = {{"reason", "distributed"}, {"capabilityId", record.capability_id}}});
  insert_task(context.txn, task);
  context.txn.put(place, task.id);
  return true;
}

void call_off(Context& context, const Task& stored, const CallOff& why) {
  Task task = stored;
  task.result = why.reason;
  task.failure = {{"failureClass", why.failure_class},
                  {"failureCode", why.reason},
                  {"terminal", true},
                  {"retryable", false},
                  {"failedAt", context.now_ms},
                  {"failedByAgentId", why.by},
                  {"failedByNodeId", context.node_id()},
                  {"errorSummary", why.note}};
  carry_out(context, stored, task,
            {.action = Action::kCancel,
             .by_agent = std::string(why.by),
             .reason = why.reason,
             .note = std::string(why.note),
             .details = {{"status", to_text(stored.status)}}});
}

std::size_t cancel_open(Context& context, std::string_view capability, std::string_view version,
                        std::string_view by, std::size_t most) {
  if (most == 0) return 0;
  const std::string prefix = open_prefix(capability, version);
  std::size_t cancelled = 0;
  for (const auto& [at, priority] :
       collect(context.txn, prefix, prefix_end(prefix), {.limit = most})) {
    const auto task = load_task_at(context.txn, "task/" + at.substr(prefix.size()));
    if (!task) continue;
    call_off(context, *task,
             {.by = by,
              .reason = "capability_withdrawn",
              .failure_class = "capability_unavailable",
              .note = "the capability was withdrawn"});
    ++cancelled;
  }
  return cancelled;
}

bool has_open(Transaction& txn, std::string_view capability, std::string_view version) {
  const std::string prefix = open_prefix(capability, version);
  return !collect(txn, prefix, prefix_end(prefix), {.limit = 1}).empty();
}

}  // namespace ansible
