// ansible_sla_sweep, ansible_sla_sweep_contract, ansible_set_sla_policy.
#include <algorithm>
#include <array>

#include "actors/actor.hpp"
#include "actors/named_ids.hpp"
#include "core/fields.hpp"
#include "sla/sla_policy.hpp"
#include "sla/sla_sweep.hpp"
#include "sla/sweep_contract.hpp"
#include "tools/acting.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr Param kFromAgent = acting_agent("from_agent");

constexpr std::array<Param, 7> kSweepParams = {{
    {.name = "dry_run",
     .type = kBoolean,
     .description = "Show what a sweep would do and change nothing (false)"},
    {.name = "limit",
     .type = kInteger,
     .description = "Handle the breaches of at most this many tasks, most overdue first",
     .min = 1},
    {.name = "record_only",
     .type = kBoolean,
     .description = "Record breaches, notify nobody, now or later (policy)"},
    {.name = "max_messages",
     .type = kInteger,
     .description = "Most messages this sweep may write (policy)",
     .min = 0,
     .floored = true},
    {.name = "fyi_agents",
     .type = kStringOrStrings,
     .description = "Told when a task has neither creator nor claimer (policy)",
     .max_length = 2'000},
    kFromAgent,
    kAgentToken,
}};

constexpr std::array<Param, 5> kContractOptions = {{
    {.name = "dryRun", .type = kBoolean, .description = "Change no task", .required = true},
    {.name = "recordOnly", .type = kBoolean, .description = "Notify nobody", .required = true},
    {.name = "maxMessages",
     .type = kInteger,
     .description = "Message budget",
     .required = true,
     .min = 0},
    {.name = "fyiAgents",
     .type = kStrings,
     .description = "Told when a task has neither creator nor claimer",
     .required = true,
     .max_length = 100},
    {.name = "limit",
     .type = kInteger,
     .description = "Handle the breaches of at most this many tasks, most overdue first",
     .min = 1},
}};

constexpr std::array<std::string_view, 1> kContracts = {
    "schema://ansible/rust-core/sla-sweep/1.0.0"};

constexpr std::array<Param, 6> kContractParams = {{
    {.name = "contractSchemaRef",
     .type = kString,
     .description = "The contract's version",
     .required = true,
     .one_of = kContracts},
    {.name = "caseId",
     .type = kString,
     .description = "Returned as it came",
     .required = true,
     .max_length = 200},
    {.name = "nowMs",
     .type = kInteger,
     .description = "The only clock",
     .required = true,
     .min = 0},
    {.name = "nodeId",
     .type = kString,
     .description = "The sweeping node: sender of notices",
     .required = true,
     .max_length = 200},
    {.name = "options",
     .type = kObject,
     .description = "How to sweep",
     .required = true,
     .members = kContractOptions},
    {.name = "tasks",
     .type = kObjects,
     .description = "Task records with metadata.ansible.sla; all but id may be missing",
     .required = true},
}};

// What `reset` may name: the arguments, or the configuration's names of the same values.
constexpr std::array<std::string_view, 9> kPolicyKeys = {
    "enabled",      "every_seconds", "record_only",         "max_messages", "fyi_agents",
    "everySeconds", "recordOnly",    "maxMessagesPerSweep", "fyiAgents"};

constexpr std::array<Param, 8> kPolicyParams = {{
    {.name = "enabled", .type = kBoolean, .description = "Sweep automatically"},
    {.name = "every_seconds",
     .type = kInteger,
     .description = "How often",
     .min = 30,
     .max = 604'800},
    {.name = "record_only", .type = kBoolean, .description = "Record breaches, notify nobody"},
    {.name = "max_messages",
     .type = kInteger,
     .description = "Most messages one sweep may write (0 = none)",
     .min = 0},
    {.name = "fyi_agents",
     .type = kStringOrStrings,
     .description = "Told when a task has neither creator nor claimer",
     .max_length = 2'000},
    {.name = "reset",
     .type = kStrings,
     .description = "Values to leave to the configuration again; an empty list: all",
     .max_length = 40,
     .one_of = kPolicyKeys},
    kFromAgent,
    kAgentToken,
}};

// The manual sweep is for operators anywhere (SLA-14); absent options take the policy (SLA-13).
ToolResult sweep(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "a manual SLA sweep");
  if (!actor.ok()) return actor.error();
  const std::vector<std::string> fyi = args.texts("fyi_agents");
  if (auto odd = refuse_odd_agents(context, "fyi_agents", fyi)) return std::move(*odd);
  const SlaPolicy policy = sla_policy(load_coordination(context.txn), context.config);
  SweepRequest request{
      .kind = "manual",
      .arguments = {},
      .options = {.dry_run = args.flag("dry_run"),
                  .record_only = args.boolean("record_only").value_or(policy.record_only.value),
                  .max_messages = args.integer("max_messages").value_or(policy.max_messages.value),
                  .fyi_agents = args.has("fyi_agents") ? fyi : policy.fyi_agents.value,
                  .limit = args.integer("limit")},
      .reason = "manual"};
  for (const std::string_view name :
       {"dry_run", "limit", "record_only", "max_messages", "fyi_agents"}) {
    if (args.has(name)) request.arguments[name] = args.raw().at(name);
  }
  return run_sla_sweep(context, request);
}

void reset(Coordination& coordination, std::string_view name) {
  if (name == "enabled") coordination.sla_enabled.reset();
  if (name == "every_seconds" || name == "everySeconds") coordination.sla_every_seconds.reset();
  if (name == "record_only" || name == "recordOnly") coordination.sla_record_only.reset();
  if (name == "max_messages" || name == "maxMessagesPerSweep") {
    coordination.sla_max_messages.reset();
  }
  if (name == "fyi_agents" || name == "fyiAgents") coordination.sla_fyi_agents.reset();
}

ToolResult set_policy(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "changing the SLA policy");
  if (!actor.ok()) return actor.error();
  const bool changes = args.has("reset") || args.has("enabled") || args.has("every_seconds") ||
                       args.has("record_only") || args.has("max_messages") ||
                       args.has("fyi_agents");
  if (!changes) {
    return Error{code::kInvalidArgument,
                 "nothing to change: pass enabled, every_seconds, record_only, max_messages, "
                 "fyi_agents, or reset"};
  }
  const std::vector<std::string> fyi = args.texts("fyi_agents");
  if (auto odd = refuse_odd_agents(context, "fyi_agents", fyi)) return std::move(*odd);
  Coordination coordination = load_coordination(context.txn);
  const SlaPolicy previous = sla_policy(coordination, context.config);
  if (args.has("reset")) {
    const std::vector<std::string> named = args.texts("reset");
    for (const std::string& name : named) reset(coordination, name);
    if (named.empty()) {
      for (const std::string_view name : kPolicyKeys) reset(coordination, name);
    }
  }
  if (args.has("enabled")) coordination.sla_enabled = args.boolean("enabled");
  if (args.has("every_seconds")) coordination.sla_every_seconds = args.integer("every_seconds");
  if (args.has("record_only")) coordination.sla_record_only = args.boolean("record_only");
  if (args.has("max_messages")) coordination.sla_max_messages = args.integer("max_messages");
  if (args.has("fyi_agents")) coordination.sla_fyi_agents = fyi;
  coordination.updated_at = context.now_ms;
  coordination.updated_by = actor->recorded_as();
  save_coordination(context.txn, coordination);
  return json::object{{"success", true},
                      {"policy", to_json(sla_policy(coordination, context.config))},
                      {"previous", to_json(previous)}};
}

constexpr std::array<Tool, 3> kTools = {{
    {.name = "ansible_sla_sweep",
     .description = "Look for breached SLA windows now, record them and notify within the budget",
     .params = kSweepParams,
     .handler = sweep,
     .dry_run_arg = "/dry_run"},
    {.name = "ansible_sla_sweep_contract",
     .description = "The sweep's rules as a pure function: tasks and options in, tasks, messages "
                    "and result out",
     .params = kContractParams,
     .handler = sla_sweep_contract,
     .read_only = true},
    {.name = "ansible_set_sla_policy",
     .description = "Change how the automatic SLA sweep behaves on every gateway",
     .params = kPolicyParams,
     .handler = set_policy},
}};

}  // namespace

std::span<const Tool> sla_tools() { return kTools; }

}  // namespace ansible
