#include <array>

#include "actors/actor.hpp"
#include "actors/named_ids.hpp"
#include "coordination/dump_state.hpp"
#include "coordination/preference.hpp"
#include "coordination/status.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"
#include "messages/message_store.hpp"
#include "records/coordination.hpp"
#include "tools/acting.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr Param kFrom = acting_agent("from_agent");

constexpr std::array<Param, 2> kGetParams = {{kFrom, kAgentToken}};

constexpr std::array<Param, 5> kSetParams = {{
    {.name = "coordinator",
     .type = kString,
     .description = "The node that sweeps",
     .required = true,
     .max_length = 200},
    {.name = "sweepEverySeconds",
     .type = kInteger,
     .description = "How often the coordinator looks after the mesh",
     .min = 10,
     .max = 3600},
    {.name = "confirmLastResort",
     .type = kBoolean,
     .description = "Needed to replace a coordinator that is already nominated"},
    kFrom,
    kAgentToken,
}};

constexpr std::array<Param, 5> kBackpressureParams = {{
    {.name = "max_concurrent",
     .type = kInteger,
     .description = "Tasks that one agent may hold (6)",
     .min = 1,
     .max = 200,
     .clamped = true},
    {.name = "max_queue_depth",
     .type = kInteger,
     .description = "Pending tasks that may wait for one agent (40)",
     .min = 1,
     .max = 500,
     .clamped = true},
    {.name = "retry_budget",
     .type = kInteger,
     .description = "Retryable failures of a task (3)",
     .min = 0,
     .max = 20,
     .clamped = true},
    kFrom,
    kAgentToken,
}};

constexpr std::array<Param, 4> kPreferenceParams = {{
    {.name = "desiredCoordinator",
     .type = kString,
     .description = "The node that this one would like to sweep",
     .max_length = 200},
    {.name = "desiredSweepEverySeconds",
     .type = kInteger,
     .description = "How often it should",
     .min = 10,
     .max = 3600},
    kFrom,
    kAgentToken,
}};

constexpr std::array<Param, 4> kRetentionParams = {{
    {.name = "closedTaskRetentionDays",
     .type = kInteger,
     .description = "How long completed and failed tasks are kept (7)",
     .min = 1,
     .max = 90},
    {.name = "pruneEveryHours",
     .type = kInteger,
     .description = "How often they are pruned (24)",
     .min = 1,
     .max = 168},
    kFrom,
    kAgentToken,
}};

constexpr std::array<Param, 4> kDumpParams = {{
    {.name = "limit",
     .type = kInteger,
     .description = "Records per page: 1 to 2000, default 500",
     .min = 1,
     .max = 2'000},
    {.name = "cursor",
     .type = kString,
     .description = "nextCursor of the page before",
     .max_length = 512},
    kFrom,
    kAgentToken,
}};

constexpr std::array<Param, 3> kStatusParams = {{
    {.name = "staleAfterSeconds",
     .type = kInteger,
     .description = "A node is stale after this long without a pulse (300)",
     .min = 30,
     .max = 604'800},
    kFrom,
    kAgentToken,
}};

ToolResult get(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  return coordination_view(context);
}

ToolResult set(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "nominating a coordinator");
  if (!actor.ok()) return actor.error();
  Coordination coordination = load_coordination(context.txn);
  const std::string wanted = *args.text("coordinator");
  if (auto refusal = refuse_odd_node(context, "coordinator", wanted)) return std::move(*refusal);
  const auto before = coordination.coordinator;
  if (before && *before != wanted && !args.flag("confirmLastResort")) {
    return Error{code::kInvalidArgument,
                 "'" + *before +
                     "' is the coordinator; pass confirmLastResort: true to replace it by '" +
                     wanted + "'",
                 {{"pointer", "/confirmLastResort"}, {"expected", "true"}, {"got", "nothing"}}};
  }
  coordination.coordinator = wanted;
  if (const auto every = args.integer("sweepEverySeconds")) {
    coordination.sweep_every_seconds = every;
  }
  coordination.updated_at = context.now_ms;
  coordination.updated_by = actor->id;
  save_coordination(context.txn, coordination);
  json::object reply{{"success", true}, {"coordinator", wanted}};
  set_field(reply, "previousCoordinator", before);
  set_field(reply, "sweepEverySeconds", coordination.sweep_every_seconds);
  reply["message"] = "'" + wanted + "' is nominated as coordinator";
  if (!context.txn.get(key::node(wanted))) {
    reply["note"] = "no node '" + wanted + "' has joined yet; until it does, nobody sweeps";
  }
  return reply;
}

ToolResult set_backpressure(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "setting backpressure");
  if (!actor.ok()) return actor.error();
  if (!args.has("max_concurrent") && !args.has("max_queue_depth") && !args.has("retry_budget")) {
    return Error{code::kInvalidArgument,
                 "expected at least one of max_concurrent, max_queue_depth, retry_budget",
                 {{"pointer", ""}, {"expected", "at least one value"}, {"got", "none"}}};
  }
  Coordination coordination = load_coordination(context.txn);
  const Backpressure previous = backpressure(coordination);
  const Backpressure current{args.integer("max_concurrent").value_or(previous.max_concurrent),
                             args.integer("max_queue_depth").value_or(previous.max_queue_depth),
                             args.integer("retry_budget").value_or(previous.retry_budget)};
  coordination.backpressure_max_concurrent = current.max_concurrent;
  coordination.backpressure_max_queue_depth = current.max_queue_depth;
  coordination.backpressure_retry_budget = current.retry_budget;
  coordination.updated_at = context.now_ms;
  coordination.updated_by = actor->id;
  save_coordination(context.txn, coordination);

  Message event;
  event.from_agent = actor->id;
  event.from_node = context.node_id();
  event.intent = "backpressure_policy_updated";
  event.content = "Backpressure policy updated by " + actor->id;
  event.metadata = {{"kind", "backpressure_policy_updated"},
                    {"updatedByAgentId", actor->id},
                    {"previous", to_json(previous)},
                    {"current", to_json(current)}};
  const std::string event_id = send_message(context, std::move(event), "lifecycle");
  return json::object{{"success", true},
                      {"previous", to_json(previous)},
                      {"current", to_json(current)},
                      {"lifecycleMessageId", event_id}};
}

ToolResult set_preference(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "setting a node's preference");
  if (!actor.ok()) return actor.error();
  if (!args.has("desiredCoordinator") && !args.has("desiredSweepEverySeconds")) {
    return Error{code::kInvalidArgument,
                 "expected at least one of desiredCoordinator, desiredSweepEverySeconds",
                 {{"pointer", ""}, {"expected", "at least one value"}, {"got", "none"}}};
  }
  const auto desired = args.text("desiredCoordinator");
  if (desired) {
    if (auto odd = refuse_odd_node(context, "desiredCoordinator", *desired)) return std::move(*odd);
  }
  const Preference preference{desired, args.integer("desiredSweepEverySeconds"), context.now_ms};
  save_preference(context.txn, context.node_id(), preference);
  return json::object{{"success", true},
                      {"nodeId", context.node_id()},
                      {"preference", to_json(preference)},
                      {"message", "Preference of '" + context.node_id() + "' noted"}};
}

// What is left out goes back to its default (reference 7).
ToolResult set_retention(Context& context, const Args& args) {
  constexpr std::int64_t kDay = 86'400;
  constexpr std::int64_t kHour = 3'600;
  const auto actor = resolve_admin(context, args, "setting retention");
  if (!actor.ok()) return actor.error();
  const std::int64_t days = args.integer("closedTaskRetentionDays").value_or(7);
  const std::int64_t hours = args.integer("pruneEveryHours").value_or(24);
  Coordination coordination = load_coordination(context.txn);
  coordination.retention_closed_task_seconds = days * kDay;
  coordination.retention_prune_every_seconds = hours * kHour;
  coordination.retention_updated_at = context.now_ms;
  coordination.retention_updated_by = actor->id;
  save_coordination(context.txn, coordination);
  return json::object{
      {"success", true},
      {"closedTaskRetentionDays", days},
      {"pruneEveryHours", hours},
      {"retentionClosedTaskSeconds", days * kDay},
      {"retentionPruneEverySeconds", hours * kHour},
      {"message", "Closed tasks are kept " + std::to_string(days) + " day(s) and pruned every " +
                      std::to_string(hours) + " hour(s)"}};
}

ToolResult status(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  return status_view(context, actor->id, args.integer("staleAfterSeconds").value_or(300));
}

constexpr Tool kTools[] = {
    {.name = "ansible_get_coordination",
     .description = "Show the coordinator, policies and gateway admins",
     .params = kGetParams,
     .handler = get,
     .read_only = true},
    {.name = "ansible_set_coordination",
     .description = "Nominate the node that sweeps (admin)",
     .params = kSetParams,
     .handler = set},
    {.name = "ansible_set_coordination_preference",
     .description = "Say which coordinator and cadence this node would like; advisory (admin)",
     .params = kPreferenceParams,
     .handler = set_preference},
    {.name = "ansible_set_retention",
     .description = "Set how long closed tasks are kept and how often they are pruned (admin)",
     .params = kRetentionParams,
     .handler = set_retention},
    {.name = "ansible_set_backpressure_policy",
     .description = "Bound what one agent may hold, have waiting and retry (admin)",
     .params = kBackpressureParams,
     .handler = set_backpressure},
    {.name = "ansible_status",
     .description = "Show nodes, pending tasks, unread messages, the SLA policy and this plugin",
     .params = kStatusParams,
     .handler = status,
     .read_only = true},
    {.name = "ansible_dump_state",
     .description = "Show everything that is stored, without secrets, page by page (admin)",
     .params = kDumpParams,
     .handler = dump_state,
     .read_only = true},
};

}  // namespace

std::span<const Tool> coordination_tools() { return kTools; }

}  // namespace ansible
