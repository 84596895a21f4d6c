// ansible_set_gateway_admin, ansible_seed_gateway_admins, ansible_list_gateway_admins (reference 6.5)
#include <array>
#include <optional>
#include <vector>

#include "actors/actor.hpp"
#include "actors/agent_store.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"
#include "messages/lifecycle_event.hpp"
#include "records/coordination.hpp"
#include "tools/acting.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr Param kFrom = acting_agent("from_agent");

constexpr std::array<Param, 4> kSetParams = {{
    {.name = "gateway_id",
     .type = kString,
     .description = "The node",
     .required = true,
     .max_length = 120},
    {.name = "admin_agent_id",
     .type = kString,
     .description = "The agent that has admin rights there",
     .required = true,
     .max_length = 100},
    kFrom,
    kAgentToken,
}};

constexpr std::array<Param, 4> kSeedParams = {{
    {.name = "admin_agent_id",
     .type = kString,
     .description = "The agent; none: this gateway's admin",
     .max_length = 100},
    {.name = "dry_run", .type = kBoolean, .description = "Only say what would be set"},
    kFrom,
    kAgentToken,
}};

constexpr std::array<Param, 2> kListParams = {{kFrom, kAgentToken}};

std::optional<Error> refuse_admin(Context& context, const std::string& agent) {
  const auto found = load_agent(context.txn, agent);
  if (!found) {
    return Error{code::kNotFound, "agent '" + agent +
                                      "' is not registered; register it first with "
                                      "ansible_register_agent"};
  }
  if (found->enabled()) return std::nullopt;
  return Error{code::kAgentDisabled, "agent '" + agent +
                                         "' is disabled; enable it first with "
                                         "ansible_enable_agent"};
}

// Writes the admin into `coordination` and tells everybody; returns the event's id.
std::string appoint(Context& context, Coordination& coordination, const std::string& gateway,
                    const std::string& agent, const Actor& by) {
  std::string& admin = coordination.gateway_admins[gateway];
  json::object event{{"gatewayId", gateway}, {"adminAgentId", agent}, {"by", by.id}};
  if (!admin.empty()) event["previousAdminAgentId"] = admin;
  admin = agent;
  coordination.updated_at = context.now_ms;
  coordination.updated_by = by.id;
  return broadcast_event(context, "gateway_admin_updated", by.id,
                         "'" + agent + "' is the admin of gateway '" + gateway + "' now",
                         std::move(event));
}

ToolResult set(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "naming a gateway's admin");
  if (!actor.ok()) return actor.error();
  const std::string gateway = *args.text("gateway_id");
  const std::string agent = *args.text("admin_agent_id");
  if (!context.txn.get(key::node(gateway))) {
    return Error{code::kNotFound,
                 "no node '" + gateway + "' has joined; ansible_status shows which have"};
  }
  if (auto refusal = refuse_admin(context, agent)) return std::move(*refusal);
  Coordination coordination = load_coordination(context.txn);
  const auto before = coordination.gateway_admins.find(gateway);
  json::object reply{{"success", true}, {"gatewayId", gateway}, {"adminAgentId", agent}};
  const bool known = before != coordination.gateway_admins.end();
  if (known) reply["previousAdminAgentId"] = before->second;
  const bool changed = !known || before->second != agent;
  reply["changed"] = changed;
  reply["message"] = "'" + agent + "' is the admin of gateway '" + gateway + "'";
  if (changed) {
    reply["lifecycleMessageId"] = appoint(context, coordination, gateway, agent, *actor);
    save_coordination(context.txn, coordination);
  }
  return reply;
}

std::vector<std::string> all_nodes(Transaction& txn) {
  std::vector<std::string> nodes;
  for (const auto& [key, value] : collect(txn, "node/", prefix_end("node/"), {.limit = SIZE_MAX})) {
    nodes.push_back(key::last_part(key));
  }
  return nodes;
}

ToolResult seed(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "seeding gateway admins");
  if (!actor.ok()) return actor.error();
  const std::string agent = args.text("admin_agent_id").value_or(effective_admin(context));
  if (auto refusal = refuse_admin(context, agent)) return std::move(*refusal);
  Coordination coordination = load_coordination(context.txn);
  json::array seeded;
  json::array skipped;
  for (const std::string& node : all_nodes(context.txn)) {
    if (coordination.gateway_admins.contains(node)) {
      skipped.push_back({{"gatewayId", node}, {"reason", "already_set"}});
      continue;
    }
    seeded.push_back({{"gatewayId", node}, {"adminAgentId", agent}});
    appoint(context, coordination, node, agent, *actor);
  }
  if (!seeded.empty()) save_coordination(context.txn, coordination);
  const bool dry = args.flag("dry_run");
  const std::size_t candidates = seeded.size();
  return json::object{{"success", true},
                      {"dryRun", dry},
                      {"adminAgentId", agent},
                      {"candidateCount", candidates},
                      {"seededCount", dry ? 0 : candidates},
                      {"seeded", std::move(seeded)},
                      {"skipped", std::move(skipped)}};
}

ToolResult list(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  json::array admins;
  for (const auto& [gateway, agent] : load_coordination(context.txn).gateway_admins) {
    admins.push_back({{"gatewayId", gateway}, {"adminAgentId", agent}});
  }
  const std::size_t total = admins.size();
  return json::object{{"success", true},
                      {"admins", std::move(admins)},
                      {"total", total},
                      {"myId", context.node_id()},
                      {"effectiveAdminAgentId", effective_admin(context)}};
}

constexpr Tool kTools[] = {
    {.name = "ansible_set_gateway_admin",
     .description = "Name the agent with admin rights on a gateway (admin)",
     .params = kSetParams,
     .handler = set},
    {.name = "ansible_seed_gateway_admins",
     .description = "Name an admin for every gateway that has none (admin)",
     .params = kSeedParams,
     .handler = seed,
     .dry_run_arg = "/dry_run"},
    {.name = "ansible_list_gateway_admins",
     .description = "List the gateways' admins",
     .params = kListParams,
     .handler = list,
     .read_only = true},
};

}  // namespace

std::span<const Tool> gateway_admin_tools() { return kTools; }

}  // namespace ansible
