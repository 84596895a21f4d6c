#include <array>

#include "actors/actor.hpp"
#include "actors/agent_replies.hpp"
#include "actors/agent_store.hpp"
#include "actors/issue_once.hpp"
#include "core/fields.hpp"
#include "tasks/release.hpp"
#include "tasks/task_store.hpp"
#include "tools/acting.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr std::array<std::string_view, 2> kTypes = {"internal", "external"};

constexpr Param kFrom = acting_agent("from_agent");
constexpr Param kAgentId = {.name = "agent_id",
                            .type = kString,
                            .description = "The agent",
                            .required = true,
                            .max_length = 100};
constexpr Param kExpires = {.name = "expires_in_seconds",
                            .type = kInteger,
                            .description = "Life of the token; none: it does not expire",
                            .min = 60,
                            .max = 315'360'000};

constexpr std::array<Param, 8> kRegisterParams = {{
    kAgentId,
    {.name = "name", .type = kString, .description = "Shown name", .max_length = 200},
    {.name = "type",
     .type = kString,
     .description = "internal (lives on a gateway) or external (default)",
     .one_of = kTypes},
    {.name = "gateway",
     .type = kString,
     .description = "Gateway of an internal agent; none: this one",
     .max_length = 100},
    kExpires,
    kIssueKey,
    kFrom,
    kAgentToken,
}};
constexpr std::array<Param, 5> kIssueParams = {{kAgentId, kExpires, kIssueKey, kFrom, kAgentToken}};
constexpr std::array<Param, 4> kDisableParams = {{
    kAgentId,
    {.name = "reason", .type = kString, .description = "Why", .max_length = 500},
    kFrom,
    kAgentToken,
}};
constexpr std::array<Param, 3> kEnableParams = {{kAgentId, kFrom, kAgentToken}};
constexpr std::array<Param, 2> kListParams = {{kFrom, kAgentToken}};

std::optional<std::int64_t> expiry(const Context& context, const Args& args) {
  const auto seconds = args.integer("expires_in_seconds");
  if (!seconds) return std::nullopt;
  return context.now_ms + *seconds * 1000;
}

ToolResult register_agent(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "registering an agent");
  if (!actor.ok()) return actor.error();
  auto once = open_issue(context, args, *actor, "ansible_register_agent");
  if (!once.ok()) return once.error();
  if (once->replay) return std::move(*once->replay);
  Agent agent;
  agent.id = *args.text("agent_id");
  if (auto error = check_id("/agent_id", agent.id)) return std::move(*error);
  agent.name = args.text("name");
  agent.internal = args.text("type") == "internal";
  agent.gateway = args.text("gateway");
  if (agent.gateway) {
    if (auto error = check_id("/gateway", *agent.gateway)) return std::move(*error);
  }
  if (!agent.internal) {
    agent.gateway.reset();
  } else if (!agent.gateway) {
    agent.gateway = context.node_id();
  }
  if (const auto existing = load_agent(context.txn, agent.id)) {
    return Error{code::kConflict,
                 "agent '" + agent.id +
                     "' is already registered; ansible_issue_agent_token gives it a new token",
                 {{"agent", public_json(*existing)}}};
  }
  agent.registered_at = context.now_ms;
  agent.registered_by = actor->id;
  const std::string token = issue_token(context.txn, agent, context.now_ms, expiry(context, args));
  save_agent(context.txn, agent);
  return finish_issue(
      context, *once,
      with_token(agent, token,
                 "Agent '" + agent.id + "' registered; keep the token, it is shown only now"),
      "agent_token");
}

ToolResult issue(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "issuing a token");
  if (!actor.ok()) return actor.error();
  auto once = open_issue(context, args, *actor, "ansible_issue_agent_token");
  if (!once.ok()) return once.error();
  if (once->replay) return std::move(*once->replay);
  auto agent = existing_agent(context, args);
  if (!agent.ok()) return agent.error();
  const std::string token = issue_token(context.txn, *agent, context.now_ms, expiry(context, args));
  save_agent(context.txn, *agent);
  const std::string message = "New token for '" + agent->id + "'; the old one no longer works" +
                              (agent->enabled() ? "" : ". The agent is disabled: it acts nowhere");
  return finish_issue(context, *once, with_token(*agent, token, message), "agent_token");
}

// What a disabling has done so far; its continuation.
struct Disabling {
  bool changed = false;
  std::int64_t released = 0;
};

json::object disabled_reply(Context& context, const Agent& agent, const Disabling& done) {
  const std::int64_t waiting = agent_load(context.txn, agent.id).pending;
  std::string text = done.changed ? "Agent '" + agent.id + "' is disabled and can act nowhere"
                                  : std::string("Agent was already disabled");
  if (done.released > 0) {
    text += "; " + std::to_string(done.released) + " task(s) of it are pending again";
  }
  if (waiting > 0) text += "; " + std::to_string(waiting) + " pending task(s) wait for it";
  json::object reply = changed_agent(agent, done.changed, text);
  reply["releasedTasks"] = done.released;
  reply["pendingTasks"] = waiting;
  return reply;
}

// What it has claimed, some of it in each step.
ToolResult give_back(Context& context, const Actor& actor, const Agent& agent, Disabling done) {
  const std::size_t released =
      agent.enabled() ? 0 : release_held_tasks(context, agent.id, actor.id);  // enabled meanwhile
  done.released += static_cast<std::int64_t>(released);
  if (released < kReleasedPerStep) return disabled_reply(context, agent, done);
  return More{
      json::canonical(json::object{{"changed", done.changed}, {"released", done.released}})};
}

ToolResult disable(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "disabling an agent");
  if (!actor.ok()) return actor.error();
  auto agent = existing_agent(context, args);
  if (!agent.ok()) return agent.error();
  if (!context.continuation.empty()) {
    const json::object done = parse_document("continuation", context.continuation);
    return give_back(context, *actor, *agent,
                     {.changed = bool_field(done, "changed").value_or(false),
                      .released = int_field(done, "released").value_or(0)});
  }
  if (agent->id == effective_admin(context)) {
    return Error{code::kConflict, "agent '" + agent->id +
                                      "' is this gateway's admin and cannot be disabled; name "
                                      "another admin first (ansible_set_gateway_admin)"};
  }
  const bool changed = agent->enabled();
  if (changed) {
    agent->disabled_at = context.now_ms;
    agent->disabled_by = actor->id;
    agent->disable_reason = args.text("reason");
    save_agent(context.txn, *agent);
  }
  return give_back(context, *actor, *agent, {.changed = changed});
}

ToolResult enable(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "enabling an agent");
  if (!actor.ok()) return actor.error();
  auto agent = existing_agent(context, args);
  if (!agent.ok()) return agent.error();
  if (agent->enabled()) return changed_agent(*agent, false, "Agent was already enabled");
  agent->disabled_at.reset();
  agent->disabled_by.reset();
  agent->disable_reason.reset();
  agent->enabled_at = context.now_ms;
  agent->enabled_by = actor->id;
  save_agent(context.txn, *agent);
  return changed_agent(*agent, true, "Agent '" + agent->id + "' is enabled");
}

ToolResult list(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  json::array agents;
  for (const Agent& agent : all_agents(context.txn)) agents.push_back(public_json(agent));
  const std::size_t total = agents.size();
  return json::object{{"agents", std::move(agents)}, {"total", total}};
}

constexpr Tool kTools[] = {
    {.name = "ansible_register_agent",
     .description = "Register an agent and get its token, shown only once (admin)",
     .params = kRegisterParams,
     .handler = register_agent},
    {.name = "ansible_issue_agent_token",
     .description = "Give an agent a new token; the old one stops working (admin)",
     .params = kIssueParams,
     .handler = issue},
    {.name = "ansible_disable_agent",
     .description =
         "Keep an agent from acting anywhere; what it has claimed is pending again (admin)",
     .params = kDisableParams,
     .handler = disable},
    {.name = "ansible_enable_agent",
     .description = "Let a disabled agent act again (admin)",
     .params = kEnableParams,
     .handler = enable},
    {.name = "ansible_list_agents",
     .description = "List all registered agents",
     .params = kListParams,
     .handler = list,
     .read_only = true},
};

}  // namespace

std::span<const Tool> agent_tools() { return kTools; }

}  // namespace ansible
