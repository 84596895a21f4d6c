// ansible_create_skill_task: asks an agent to set up a skill (reference 2.9).
#include <utility>

#include "actors/actor.hpp"
#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/text.hpp"
#include "dispatch/inbox_stream.hpp"
#include "messages/receipt.hpp"
#include "records/coordination.hpp"
#include "tasks/audit_log.hpp"
#include "tasks/create_once.hpp"
#include "tasks/targets.hpp"
#include "tasks/task_call.hpp"
#include "tasks/task_store.hpp"
#include "tasks/task_verbs.hpp"

namespace ansible {
namespace {

constexpr std::string_view kTool = "ansible_create_skill_task";

std::string instructions(const std::string& skill, const std::string& spec) {
  return "Set up the skill '" + skill + "' on your gateway.\n\nSpecification:\n" + spec +
         "\n\nWhen it works, advertise it with ansible_advertise_skills and complete this task.";
}

Task new_task(Context& context, const Args& args, const Actor& creator, const Targets& targets) {
  const std::string skill = *args.text("skillName");
  Task task;
  task.id = new_uuid(context.txn, "task-id");
  task.title = args.text_or("title", "Set up skill: " + skill);
  task.description = *args.text("spec");
  task.created_by_agent = creator.id;
  task.created_by_node = context.node_id();
  task.created_at = task.updated_at = context.now_ms;
  task.assignees = targets.agents;
  task.intent = "skill-setup";
  task.context = instructions(skill, task.description);
  task.response_required = false;  // who claims it need not name an ETA
  task.ack = open_ack(task.response_required);
  task.backpressure = to_json(backpressure(load_coordination(context.txn)));
  task.claim_lease_seconds = context.config.claim_lease_seconds;
  return task;
}

Result<json::object> create(Context& context, const Args& args, const Actor& creator) {
  const std::string skill = *args.text("skillName");
  if (trimmed(skill).empty()) {
    return Error{code::kInvalidArgument,
                 "skillName: expected the name of a skill, got only blanks",
                 {{"pointer", "/skillName"}, {"expected", "a name"}, {"got", "blanks"}}};
  }
  auto targets = resolve_targets(context, {trimmed(*args.text("assignedTo"))});
  if (!targets.ok()) return std::move(targets.error());
  Task task = new_task(context, args, creator, *targets);
  append_audit(context, task,
               {.kind = "created",
                .by_agent = creator.id,
                .by_node = context.node_id(),
                .status = std::string(to_text(task.status)),
                .note = std::nullopt,
                .metadata = {{"reason", "skill_setup"}, {"skillName", skill}}});
  insert_task(context.txn, task);
  offer_task(context, task);
  send_receipt(
      context,
      {.id = task.id, .by_agent = creator.id, .targets = task.assignees, .text = task.title}, {});
  return json::object{
      {"success", true},
      {"taskId", task.id},
      {"assignedTo", task.assignees.front()},
      {"task", brief_task(task)},
      {"message", "task " + named_task(task) + " is waiting for " + task.assignees.front()}};
}

}  // namespace

ToolResult create_skill_task(Context& context, const Args& args) {
  return create_once(context, args, kTool, create);
}

}  // namespace ansible
