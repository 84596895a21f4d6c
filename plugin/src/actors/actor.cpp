#include "actors/actor.hpp"

#include "actors/agent_store.hpp"
#include "actors/gateway_id.hpp"
#include "core/keys.hpp"
#include "core/text.hpp"
#include "records/coordination.hpp"

namespace ansible {
namespace {

Error disabled(const Agent& agent) {
  return {code::kAgentDisabled,
          "agent '" + agent.id + "' is disabled" +
              (agent.disable_reason ? " (" + *agent.disable_reason + ")" : "") +
              "; an admin can enable it with ansible_enable_agent"};
}

Error token_required(const std::string& named, const std::string& why) {
  return {code::kInvalidToken, "agent_token is required to act as '" + named + "': " + why};
}

Actor as_agent(Context& context, const std::string& id) {
  return {id, false, id == effective_admin(context)};
}

Result<Actor> by_token(Context& context, const std::optional<std::string>& named,
                       const std::string& token) {
  const auto agent = agent_by_token(context.txn, token);
  if (!agent) {
    return Error{code::kInvalidToken,
                 "agent_token is not valid; an admin can issue a new one with "
                 "ansible_issue_agent_token"};
  }
  if (agent->auth->expires_at && context.now_ms >= *agent->auth->expires_at) {
    return Error{code::kInvalidToken,
                 "agent_token of '" + agent->id +
                     "' has expired; an admin can issue a new one with ansible_issue_agent_token"};
  }
  if (!agent->enabled()) return disabled(*agent);
  if (named && meant_agent(context, *named) != agent->id) {
    return Error{code::kInvalidArgument, "agent_token belongs to '" + agent->id +
                                             "' but the call names '" + *named +
                                             "'; leave out one of them"};
  }
  return as_agent(context, agent->id);
}

// Whether the operator may speak for this agent without its token (WHO-2).
std::optional<Error> may_name(Context& context, const Agent& agent) {
  const AuthMode mode = context.config.auth_mode;
  if (mode == AuthMode::kTokenRequired) {
    return token_required(agent.id, "authMode is token-required");
  }
  if (!agent.internal) return std::nullopt;  // external agents: legacy and mixed
  const bool local = agent.gateway && is_here(context, *agent.gateway);
  if (!local && mode != AuthMode::kLegacy) {
    return token_required(agent.id, "it lives on gateway '" + agent.gateway.value_or("none") +
                                        "', not on '" + context.node_id() + "'");
  }
  return std::nullopt;
}

Result<Actor> by_name(Context& context, const std::string& name) {
  const std::string named = meant_agent(context, name);
  const auto agent = load_agent(context.txn, named);
  if (!agent) {
    return Error{
        code::kNotAuthorized,
        "agent '" + named + "' is not registered; register it with ansible_register_agent"};
  }
  if (!agent->enabled()) return disabled(*agent);
  if (auto refusal = may_name(context, *agent)) return std::move(*refusal);
  return as_agent(context, agent->id);
}

// A call has one author, by however many names.
std::optional<Error> refuse_two_actors(Context& context, const std::vector<ActorName>& names) {
  for (const ActorName& other : names) {
    const ActorName& first = names.front();
    if (meant_agent(context, other.value) == meant_agent(context, first.value)) continue;
    const std::string expected = "'" + first.value + "', as " + std::string(first.name) + " says";
    return Error{
        code::kInvalidArgument,
        std::string(other.name) + ": expected " + expected + ", got '" + other.value +
            "'; both name the agent that acts: leave out one of them",
        {{"pointer", '/' + std::string(other.name)}, {"expected", expected}, {"got", other.value}}};
  }
  return std::nullopt;
}

}  // namespace

std::string Actor::recorded_as() const { return operator_ ? "operator:" + id : id; }

std::string effective_admin(Context& context) {
  const Coordination coordination = load_coordination(context.txn);
  const auto set = coordination.gateway_admins.find(context.node_id());
  if (set != coordination.gateway_admins.end()) return set->second;
  for (const auto& [gateway, agent] : coordination.gateway_admins) {
    if (is_here(context, gateway)) return agent;
  }
  return context.config.admin_agent_id;
}

std::string meant_agent(Context& context, const std::string& named) {
  return named == "admin" && !load_agent(context.txn, named) ? effective_admin(context) : named;
}

std::vector<std::string> meant_agents(Context& context, const std::vector<std::string>& named) {
  std::vector<std::string> agents;
  for (const std::string& name : named) agents.push_back(meant_agent(context, name));
  return each_once(agents);
}

bool is_here(Context& context, std::string_view gateway) {
  if (gateway == context.node_id()) return true;
  const std::string canonical = canonical_gateway(gateway);
  return !canonical.empty() && canonical == canonical_gateway(context.node_id()) &&
         !context.txn.get(key::node(gateway));
}

Result<Actor> resolve_actor(Context& context, const std::optional<std::string>& named,
                            const std::optional<std::string>& token) {
  if (token) return by_token(context, named, *token);
  switch (context.caller) {
    case CallerKind::kHost:
      return Actor{context.node_id(), true, true};
    case CallerKind::kOperator:
      if (named) return by_name(context, *named);
      return Actor{context.node_id(), true, true};
    case CallerKind::kAgent: {
      if (named && meant_agent(context, *named) != context.caller_agent) {
        return Error{code::kInvalidArgument, "the caller is '" + context.caller_agent +
                                                 "' but the call names '" + *named + "'"};
      }
      const auto agent = load_agent(context.txn, context.caller_agent);
      if (!agent) {
        return Error{code::kNotAuthorized,
                     "agent '" + context.caller_agent + "' is not registered"};
      }
      if (!agent->enabled()) return disabled(*agent);
      return as_agent(context, agent->id);
    }
    case CallerKind::kAnonymous:
      break;
  }
  return Error{code::kNotAuthorized,
               "nobody is authenticated: pass agent_token, or the gateway's bearer token"};
}

Result<Actor> resolve_actor(Context& context, const Args& args) {
  if (auto refusal = refuse_two_actors(context, args.actor_names())) return std::move(*refusal);
  std::optional<std::string> named;
  if (!args.actor_names().empty()) named = args.actor_names().front().value;
  return resolve_actor(context, named, args.text("agent_token"));
}

Result<Actor> resolve_admin(Context& context, const Args& args, std::string_view what) {
  auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor;
  if (context.txn.get(key::node_revoked(context.node_id()))) {
    return Error{code::kNotAuthorized, std::string(what) + ": node '" + context.node_id() +
                                           "' was revoked; a new invite bound to it lets it back "
                                           "(ansible_join_node)"};
  }
  if (actor->admin) return actor;
  return Error{code::kNotAuthorized, std::string(what) + " needs an admin: '" + actor->id +
                                         "' is not '" + effective_admin(context) +
                                         "', and not the gateway's operator"};
}

}  // namespace ansible
