// ansible_delegate_task: a new task for somebody else (reference 2.2; T-2, T-10, T-11).
#include <algorithm>
#include <utility>

#include "actors/actor.hpp"
#include "capabilities/health.hpp"
#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/text.hpp"
#include "dispatch/inbox_stream.hpp"
#include "messages/receipt.hpp"
#include "records/coordination.hpp"
#include "sla/sla_book.hpp"
#include "tasks/audit_log.hpp"
#include "tasks/create_once.hpp"
#include "tasks/route.hpp"
#include "tasks/task_call.hpp"
#include "tasks/task_store.hpp"
#include "tasks/task_verbs.hpp"
#include "tools/sizes.hpp"

namespace ansible {
namespace {

constexpr std::string_view kTool = "ansible_delegate_task";
constexpr std::size_t kMostNames = 100;  // of assignees, and of requirements

// Who is named: `assignedTo` first, then `to_agents` (T-10).
std::vector<std::string> named_targets(const Args& args) {
  std::vector<std::string> names;
  if (std::string first = trimmed(args.text_or("assignedTo", "")); !first.empty()) {
    names.push_back(std::move(first));
  }
  for (std::string& name : args.texts("to_agents")) {
    if (names.empty() || name != names.front()) names.push_back(std::move(name));
  }
  return names;
}

std::optional<Error> refuse_sizes(const Args& args, const std::vector<std::string>& names) {
  if (auto refusal = refuse_count("to_agents", names.size(), kMostNames)) return refusal;
  if (auto refusal = refuse_long_list(args, "requires", kMostNames)) return refusal;
  return refuse_big_object(args, "metadata");
}

Result<std::optional<std::int64_t>> deadline(const Context& context, const Args& args) {
  const auto text = args.text("deadlineAt");
  if (!text) return std::optional<std::int64_t>{};
  const auto at = parse_iso_time(trimmed(*text));
  if (at && *at > context.now_ms) return std::optional{*at};
  return Error{code::kInvalidArgument,
               "deadlineAt: expected an ISO date-time in the future (now " +
                   iso_time(context.now_ms) + "), got " + brief(json::value(*text)),
               {{"pointer", "/deadlineAt"},
                {"expected", "ISO date-time in the future"},
                {"got", brief(json::value(*text))}}};
}

std::string required_skill(const Args& args) { return trimmed(args.text_or("skillRequired", "")); }

SlaSeconds sla_seconds(const Args& args) {
  const json::object sla = args.object("sla");
  return {.accept = int_field(sla, "acceptSlaSeconds"),
          .progress = int_field(sla, "progressSlaSeconds"),
          .complete = int_field(sla, "completeSlaSeconds")};
}

// The executor skill, when the contracts agree on one.
std::optional<std::string> executor_skill(const std::vector<Contract>& contracts) {
  std::optional<std::string> found;
  for (const Contract& contract : contracts) {
    if (found && *found != contract.executor_skill.name) return std::nullopt;
    found = contract.executor_skill.name;
  }
  return found;
}

// What the route means for the task: assignees, contracts, and what follows from them.
void take_route(Task& task, Route route) {
  task.routing_mode = route.mode;
  task.assignees = route.targets.agents;
  task.required_skills = std::move(route.skills);
  task.contracts = std::move(route.contracts);
  if (!task.skill_required) task.skill_required = executor_skill(task.contracts);
  for (const Contract& contract : task.contracts) {
    std::int64_t& eta = task.default_eta_seconds;
    eta = eta == 0 ? contract.default_eta_seconds : std::min(eta, contract.default_eta_seconds);
    if (contract.high_risk()) task.approval = {{"required", true}, {"state", "pending"}};
  }
}

Task new_task(Context& context, const Args& args, const Actor& creator, Route route) {
  Task task;
  task.id = new_uuid(context.txn, "task-id");
  task.title = args.text_or("title", "");
  task.description = args.text_or("description", "");
  task.created_by_agent = creator.id;
  task.created_by_node = context.node_id();
  task.created_at = task.updated_at = context.now_ms;
  task.requires_ = args.texts("requires");
  task.context = args.text("context");
  task.intent = args.text("intent");
  task.priority = args.text_or("priority", "normal");
  task.metadata = args.object("metadata");
  task.metadata.erase("ansible");  // reserved
  task.ack = open_ack(task.response_required);
  task.backpressure = to_json(backpressure(load_coordination(context.txn)));
  task.sla_seconds = sla_seconds(args);
  task.claim_lease_seconds =
      args.integer("claimLeaseSeconds").value_or(context.config.claim_lease_seconds);
  if (std::string skill = required_skill(args); !skill.empty()) task.skill_required = skill;
  take_route(task, std::move(route));
  return task;
}

json::object delegate_reply(const Task& task, const Route& route) {
  json::object reply{
      {"success", true},
      {"taskId", task.id},
      {"assignedTo", task.assignees.front()},
      {"assignedTo_all", to_array(task.assignees)},
      {"message", "delegated task " + named_task(task) + " to " + listed(task.assignees)},
      {"task", brief_task(task)}};
  set_field(reply, "overloadedTargets", route.targets.overloaded);
  set_field(reply, "outOfReach", route.out_of_reach);
  return reply;
}

Result<json::object> create(Context& context, const Args& args, const Actor& creator) {
  const std::vector<std::string> names = named_targets(args);
  if (auto refusal = refuse_sizes(args, names)) return std::move(*refusal);
  const auto deadline_at = deadline(context, args);
  if (!deadline_at.ok()) return deadline_at.error();
  auto route = find_route(context, {.creator = creator.id,
                                    .names = names,
                                    .requires_ = args.texts("requires"),
                                    .skill = required_skill(args)});
  if (!route.ok()) return std::move(route.error());

  Task task = new_task(context, args, creator, *route);
  task.deadline_at = *deadline_at;
  append_audit(context, task,
               {.at = context.now_ms,
                .kind = "created",
                .by_agent = creator.id,
                .by_node = context.node_id(),
                .status = std::string(to_text(task.status)),
                .note = std::nullopt,
                .metadata = {{"reason", "delegated"},
                             {"routingMode", task.routing_mode},
                             {"assignees", to_array(task.assignees)}}});
  insert_task(context.txn, task);
  sla_opened(context, task);
  count_created(context, task);
  offer_task(context, task);
  send_receipt(context,
               {.id = task.id,
                .by_agent = creator.id,
                .targets = task.assignees,
                .text = task.title + ": " + task.description},
               {});
  return delegate_reply(task, *route);
}

}  // namespace

ToolResult delegate_task(Context& context, const Args& args) {
  return create_once(context, args, kTool, create);
}

}  // namespace ansible
