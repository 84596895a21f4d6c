// ansible_invite_agent, ansible_accept_agent_invite, ansible_list_agent_invites (reference 6.3)
#include <array>

#include "actors/actor.hpp"
#include "actors/agent_replies.hpp"
#include "actors/agent_store.hpp"
#include "actors/invite_store.hpp"
#include "actors/issue_once.hpp"
#include "core/fields.hpp"
#include "tools/acting.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr std::int64_t kDefaultMinutes = 15;
constexpr std::size_t kMostListed = 1'000;

constexpr Param kFrom = acting_agent("from_agent");

constexpr std::array<Param, 5> kInviteParams = {{
    {.name = "agent_id",
     .type = kString,
     .description = "The external agent; registered if it is not yet",
     .required = true,
     .max_length = 100},
    {.name = "ttl_minutes",
     .type = kInteger,
     .description = "How long the invite can be accepted (15)",
     .min = 1,
     .max = 1440},
    kIssueKey,
    kFrom,
    kAgentToken,
}};

constexpr std::array<Param, 3> kAcceptParams = {{
    {.name = "invite_token",
     .type = kString,
     .description = "The invite (ait_...)",
     .required = true,
     .max_length = 200},
    kFrom,
    kAgentToken,
}};

constexpr std::array<Param, 6> kListParams = {{
    {.name = "all", .type = kBoolean, .description = "Whatever became of them"},
    {.name = "includeUsed", .type = kBoolean, .description = "Also those that were accepted"},
    {.name = "includeRevoked", .type = kBoolean, .description = "Also those that were revoked"},
    {.name = "includeExpired",
     .type = kBoolean,
     .description = "Also those that ran out in the last 7 days"},
    kFrom,
    kAgentToken,
}};

// The external agent that is invited; a name that nobody has becomes one without a token.
Result<Agent> invited_agent(Context& context, const std::string& id, const Actor& actor) {
  if (auto error = check_id("/agent_id", id)) return std::move(*error);
  auto agent = load_agent(context.txn, id);
  if (agent && agent->internal) {
    return Error{code::kConflict, "agent '" + id +
                                      "' is internal: invites are for external agents; "
                                      "ansible_issue_agent_token gives it a token"};
  }
  if (agent && !agent->enabled()) {
    return Error{code::kAgentDisabled,
                 "agent '" + id + "' is disabled; enable it first with ansible_enable_agent"};
  }
  if (agent) return std::move(*agent);
  Agent fresh;
  fresh.id = id;
  fresh.registered_at = context.now_ms;
  fresh.registered_by = actor.id;
  save_agent(context.txn, fresh);
  return fresh;
}

ToolResult invite(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "inviting an agent");
  if (!actor.ok()) return actor.error();
  auto once = open_issue(context, args, *actor, "ansible_invite_agent");
  if (!once.ok()) return once.error();
  if (once->replay) return std::move(*once->replay);
  const auto agent = invited_agent(context, *args.text("agent_id"), *actor);
  if (!agent.ok()) return agent.error();
  const std::int64_t minutes = args.integer("ttl_minutes").value_or(kDefaultMinutes);
  AgentInvite invite;
  invite.agent_id = agent->id;
  invite.created_at = context.now_ms;
  invite.expires_at = context.now_ms + minutes * 60'000;
  invite.created_by = context.node_id();
  if (!actor->operator_) invite.created_by_agent = actor->id;
  const std::string token = create_agent_invite(context, invite);
  return finish_issue(
      context, *once,
      {{"success", true},
       {"invite_id", invite.id},
       {"agent_id", agent->id},
       {"invite_token", token},
       {"expiresAt", invite.expires_at},
       {"message", "Agent '" + agent->id + "' is invited for " + std::to_string(minutes) +
                       " minute(s); it accepts with ansible_accept_agent_invite"},
       {"warning", "The invite is shown only now; whoever has it becomes '" + agent->id + "'"}},
      "invite_token");
}

// Whatever is wrong with an invite, whoever tries one learns no more than that.
Error unusable() {
  return {code::kInvalidToken,
          "invite_token is unknown, used, revoked or expired; an admin can make a new invite with "
          "ansible_invite_agent"};
}

// The agent that accepts for the invited one, if it is one. The invite is the credential: no other is asked for.
Result<std::optional<std::string>> accepting(Context& context, const Args& args) {
  const bool named = !args.actor_names().empty() || args.has("agent_token");
  if (context.caller == CallerKind::kAnonymous && !named) return std::optional<std::string>{};
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  return actor->operator_ ? std::optional<std::string>{} : std::optional(actor->id);
}

ToolResult accept(Context& context, const Args& args) {
  const auto by = accepting(context, args);
  if (!by.ok()) return by.error();
  auto invite = agent_invite_by_token(context.txn, *args.text("invite_token"));
  if (!invite || invite->status(context.now_ms) != "active") return unusable();
  auto agent = load_agent(context.txn, invite->agent_id);
  if (!agent) return unusable();
  if (!agent->enabled()) {
    return Error{code::kAgentDisabled, "agent '" + agent->id +
                                           "' is disabled; the invite can be accepted once an "
                                           "admin has enabled it"};
  }
  agent->internal = false;
  agent->gateway.reset();
  const std::string token = issue_token(context.txn, *agent, context.now_ms, std::nullopt);
  agent->auth->accepted_at = context.now_ms;
  agent->auth->accepted_by_node = context.node_id();
  agent->auth->accepted_by_agent = *by;
  save_agent(context.txn, *agent);
  invite->used_at = context.now_ms;
  invite->used_by_node = context.node_id();
  invite->used_by_agent = *by;
  save_agent_invite(context.txn, *invite);
  revoke_other_invites(context, *invite);
  json::object reply =
      with_token(*agent, token,
                 "Agent '" + agent->id + "' has accepted; keep the token, it is shown only now");
  reply["invite_id"] = invite->id;
  return reply;
}

bool wanted(const AgentInvite& invite, std::int64_t now_ms, const Args& args) {
  const std::string_view status = invite.status(now_ms);
  if (args.flag("all")) return true;
  if (status == "used") return args.flag("includeUsed");
  if (status == "revoked") return args.flag("includeRevoked");
  return status == "active" || args.flag("includeExpired");
}

ToolResult list(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "listing invites");
  if (!actor.ok()) return actor.error();
  const bool ended = args.flag("all") || args.flag("includeUsed") || args.flag("includeRevoked") ||
                     args.flag("includeExpired");
  const std::int64_t since = ended ? context.now_ms - kAgentInviteKeptMs : context.now_ms;
  json::array shown;
  for (const AgentInvite& invite : agent_invites(context.txn, since, kMostListed)) {
    if (wanted(invite, context.now_ms, args)) shown.push_back(public_json(invite, context.now_ms));
  }
  const std::size_t total = shown.size();
  return json::object{{"success", true}, {"invites", std::move(shown)}, {"total", total}};
}

constexpr Tool kTools[] = {
    {.name = "ansible_invite_agent",
     .description = "Make an invite by which an external agent gets its token (admin)",
     .params = kInviteParams,
     .handler = invite},
    {.name = "ansible_accept_agent_invite",
     .description = "Accept an invite and get the agent's token, shown only once",
     .params = kAcceptParams,
     .handler = accept},
    {.name = "ansible_list_agent_invites",
     .description = "List the invites of agents (admin)",
     .params = kListParams,
     .handler = list,
     .read_only = true},
};

}  // namespace

std::span<const Tool> agent_invite_tools() { return kTools; }

}  // namespace ansible
