// ansible_rebind_agent, ansible_normalize_internal_gateways: where internal agents live (reference 6.3)
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "actors/actor.hpp"
#include "actors/agent_replies.hpp"
#include "actors/agent_store.hpp"
#include "actors/gateway_id.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"
#include "dispatch/sink_store.hpp"
#include "tools/acting.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr Param kFrom = acting_agent("from_agent");

constexpr std::array<Param, 4> kRebindParams = {{
    {.name = "agent_id",
     .type = kString,
     .description = "The internal agent",
     .required = true,
     .max_length = 100},
    {.name = "gateway",
     .type = kString,
     .description = "The node it lives on from now on",
     .required = true,
     .max_length = 120},
    kFrom,
    kAgentToken,
}};

constexpr std::array<Param, 3> kNormalizeParams = {{
    {.name = "dry_run", .type = kBoolean, .description = "Only say what would change"},
    kFrom,
    kAgentToken,
}};

void move(Context& context, Agent& agent, const std::string& gateway, const Actor& by,
          std::optional<std::string> reason) {
  agent.gateway = gateway;
  agent.rebound_at = context.now_ms;
  agent.rebound_by = by.id;
  agent.rebound_reason = std::move(reason);
  save_agent(context.txn, agent);
  move_sink(context.txn, agent.id,
            gateway);  // a webhook on "this machine" means that of its gateway
}

ToolResult rebind(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "rebinding an agent");
  if (!actor.ok()) return actor.error();
  auto agent = existing_agent(context, args);
  if (!agent.ok()) return agent.error();
  const std::string gateway = *args.text("gateway");
  if (!agent->internal) {
    return Error{code::kConflict,
                 "agent '" + agent->id + "' is external: only internal agents live on a gateway"};
  }
  if (!context.txn.get(key::node(gateway))) {
    return Error{code::kNotFound,
                 "no node '" + gateway + "' has joined; ansible_status shows which have"};
  }
  const auto before = agent->gateway;
  const bool moved = before != gateway;
  if (moved) move(context, *agent, gateway, *actor, std::nullopt);
  json::object reply =
      changed_agent(*agent, moved,
                    moved ? "Agent '" + agent->id + "' lives on '" + gateway + "' now"
                          : "Agent '" + agent->id + "' already lives on '" + gateway + "'");
  set_field(reply, "from_gateway", before);
  reply["to_gateway"] = gateway;
  return reply;
}

// The nodes by canonical name; nothing where two nodes share one.
std::map<std::string, std::optional<std::string>> nodes_by_name(Transaction& txn) {
  std::map<std::string, std::optional<std::string>> nodes;
  for (const auto& [key, value] : collect(txn, "node/", prefix_end("node/"), {.limit = SIZE_MAX})) {
    const std::string node = key::last_part(key);
    const auto [at, fresh] = nodes.emplace(canonical_gateway(node), node);
    if (!fresh) at->second.reset();
  }
  nodes.erase("");
  return nodes;
}

ToolResult normalize(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "normalizing gateways");
  if (!actor.ok()) return actor.error();
  const auto nodes = nodes_by_name(context.txn);
  std::int64_t scanned = 0;
  json::array changes;
  for (Agent& agent : all_agents(context.txn)) {
    if (!agent.internal) continue;
    ++scanned;
    if (!agent.gateway || context.txn.get(key::node(*agent.gateway))) continue;
    const auto found = nodes.find(canonical_gateway(*agent.gateway));
    if (found == nodes.end() || !found->second) continue;
    changes.push_back(
        {{"agent_id", agent.id}, {"from_gateway", *agent.gateway}, {"to_gateway", *found->second}});
    move(context, agent, *found->second, *actor, "normalize_internal_gateways");
  }
  const std::size_t candidates = changes.size();
  const bool dry = args.flag("dry_run");
  return json::object{{"success", true},
                      {"dryRun", dry},
                      {"scannedInternalAgents", scanned},
                      {"candidates", candidates},
                      {"changed", dry ? 0 : candidates},
                      {"changes", std::move(changes)}};
}

constexpr Tool kTools[] = {
    {.name = "ansible_rebind_agent",
     .description = "Move an internal agent to another gateway (admin)",
     .params = kRebindParams,
     .handler = rebind},
    {.name = "ansible_normalize_internal_gateways",
     .description = "Move internal agents whose gateway is a node's name in another spelling to "
                    "that node (admin)",
     .params = kNormalizeParams,
     .handler = normalize,
     .dry_run_arg = "/dry_run"},
};

}  // namespace

std::span<const Tool> agent_home_tools() { return kTools; }

}  // namespace ansible
