// ansible_bootstrap_node, _invite_node, _join_node, _mint_ws_ticket, _consume_ws_ticket, _exchange_ws_ticket,
// _revoke_node (reference 6.1, 6.2)
#include <array>

#include "actors/actor.hpp"
#include "actors/agent_replies.hpp"
#include "actors/issue_once.hpp"
#include "admission/admission.hpp"
#include "admission/node_store.hpp"
#include "admission/revoke.hpp"
#include "core/fields.hpp"
#include "core/ids.hpp"
#include "tasks/release.hpp"
#include "tools/acting.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr std::int64_t kInviteMs = 15 * 60'000;
constexpr std::size_t kInviteBytes = 16;
constexpr std::array<std::string_view, 2> kTiers = {"edge", "backbone"};

constexpr Param kFrom = acting_agent("from_agent");
constexpr Param kInviteToken = {.name = "invite_token",
                                .type = kString,
                                .description = "The node's invite (32 hex digits)",
                                .required = true,
                                .max_length = 200};
constexpr Param kNode = {.name = "node_id",
                         .type = kString,
                         .description = "The node",
                         .required = true,
                         .max_length = 100};
constexpr Param kTtl = {.name = "ttl_seconds",
                        .type = kInteger,
                        .description = "Life of the ticket (authGate.ticketTtlSeconds, 60)",
                        .min = 5,
                        .max = 600};
constexpr Param kPublicKey = {.name = "public_key",
                              .type = kString,
                              .description = "The node's Ed25519 key (PEM)",
                              .max_length = 1'000};

constexpr std::array<Param, 2> kBootstrapParams = {{kFrom, kAgentToken}};
constexpr std::array<Param, 6> kInviteParams = {{
    {.name = "tier",
     .type = kString,
     .description = "Of the node that joins: edge (default) or backbone",
     .one_of = kTiers},
    {.name = "node_id",
     .type = kString,
     .description = "Only this node may use it; none: any",
     .max_length = 100},
    {.name = "public_key",
     .type = kString,
     .description = "The node must prove itself with this Ed25519 key (PEM)",
     .max_length = 1'000},
    kIssueKey,
    kFrom,
    kAgentToken,
}};
constexpr std::array<Param, 3> kJoinParams = {{kInviteToken, kFrom, kAgentToken}};
constexpr std::array<Param, 5> kMintParams = {{kInviteToken, kNode, kTtl, kFrom, kAgentToken}};
constexpr std::array<Param, 4> kConsumeParams = {{
    {.name = "ticket",
     .type = kString,
     .description = "The ticket (32 hex digits)",
     .required = true,
     .max_length = 200},
    kNode,
    kFrom,
    kAgentToken,
}};
constexpr std::array<Param, 8> kExchangeParams = {{
    kInviteToken,
    kNode,
    {.name = "nonce",
     .type = kString,
     .description = "Drawn anew for every exchange",
     .required = true,
     .max_length = 200},
    kPublicKey,
    {.name = "signature",
     .type = kString,
     .description = "Base64, over ansible-auth-exchange|<invite>|<node>|<nonce>",
     .max_length = 200},
    kTtl,
    kFrom,
    kAgentToken,
}};
constexpr std::array<Param, 4> kRevokeParams = {{
    kNode,
    {.name = "reason", .type = kString, .description = "Why", .max_length = 500},
    kFrom,
    kAgentToken,
}};

json::object shown(const NodeInfo& info) {
  json::object out = to_json(info);
  out["id"] = info.name;
  return out;
}

ToolResult bootstrap(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "bootstrapping the mesh");
  if (!actor.ok()) return actor.error();
  if (any_node(context.txn)) {
    return Error{code::kConflict,
                 "the mesh already has nodes, so it needs no bootstrap (a gateway registers itself "
                 "at its start); ansible_invite_node invites another one"};
  }
  NodeInfo info{.name = context.node_id(),
                .tier = std::string(to_text(context.config.tier)),
                .capabilities = context.config.capabilities,
                .added_by = context.node_id(),
                .added_at = context.now_ms};
  save_node(context.txn, info.name, info);
  return json::object{{"success", true},
                      {"nodeId", info.name},
                      {"node", shown(info)},
                      {"message", "Node '" + info.name + "' is the first of the mesh"}};
}

// Errors: not_authorized unless this node is a backbone (or the mesh is empty).
std::optional<Error> refuse_inviting(Context& context) {
  const auto own = load_node(context.txn, context.node_id());
  if (own ? own->tier == "backbone" : !any_node(context.txn)) return std::nullopt;
  return Error{code::kNotAuthorized,
               "only a backbone invites nodes; '" + context.node_id() + "' is none"};
}

ToolResult invite(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "inviting a node");
  if (!actor.ok()) return actor.error();
  auto once = open_issue(context, args, *actor, "ansible_invite_node");
  if (!once.ok()) return once.error();
  if (once->replay) return std::move(*once->replay);
  const auto bound = args.text("node_id");
  if (bound) {
    if (auto error = check_id("/node_id", *bound)) return std::move(*error);
  }
  if (auto refusal = refuse_inviting(context)) return std::move(*refusal);
  const NodeInvite invite{.tier = args.text_or("tier", "edge"),
                          .created_at = context.now_ms,
                          .expires_at = context.now_ms + kInviteMs,
                          .created_by = context.node_id(),
                          .expected_node_id = bound,
                          .public_key = args.text("public_key")};
  const std::string token = new_secret(context.txn, "node-invite", "", kInviteBytes);
  insert_node_invite(context.txn, secret_hash(context.txn, token), invite);
  json::object reply{{"success", true},
                     {"invite_token", token},
                     {"tier", invite.tier},
                     {"expiresAt", invite.expires_at},
                     {"message", "The invite can be used for 15 minutes; it is shown only now"}};
  set_field(reply, "nodeId", bound);
  return finish_issue(context, *once, std::move(reply), "invite_token");
}

// For this node itself, which may have been revoked: so no resolve_admin.
ToolResult join(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  if (!actor->admin) {
    return Error{code::kNotAuthorized, "joining the mesh needs an admin: '" + actor->id +
                                           "' is not '" + effective_admin(context) +
                                           "', and not the gateway's operator"};
  }
  const auto invite = usable_invite(context, secret_hash(context.txn, *args.text("invite_token")),
                                    context.node_id());
  if (!invite.ok()) return invite.error();
  const NodeInfo info = admit(context, *invite, context.node_id(), context.config.capabilities);
  return json::object{{"success", true},
                      {"nodeId", info.name},
                      {"node", shown(info)},
                      {"message", "Node '" + info.name + "' has joined as " + info.tier}};
}

std::int64_t ttl_seconds(const Context& context, const Args& args) {
  return args.integer("ttl_seconds").value_or(context.config.auth_gate.ticket_ttl_seconds);
}

json::object ticket_reply(const Ticket& ticket, const std::string& node) {
  return {{"success", true},
          {"ticket", ticket.text},
          {"expiresAt", ticket.expires_at},
          {"nodeId", node},
          {"message", "The ticket admits '" + node + "' once; it is shown only now"}};
}

ToolResult mint(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "minting a ticket");
  if (!actor.ok()) return actor.error();
  const std::string node = *args.text("node_id");
  if (auto error = check_id("/node_id", node)) return std::move(*error);
  const auto ticket =
      mint_ticket(context, *args.text("invite_token"), node, ttl_seconds(context, args), *actor);
  if (!ticket.ok()) return ticket.error();
  return ticket_reply(*ticket, node);
}

ToolResult consume(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "admitting a node");
  if (!actor.ok()) return actor.error();
  const auto info = consume_ticket(context, *args.text("ticket"), *args.text("node_id"));
  if (!info.ok()) return info.error();
  return json::object{{"success", true},
                      {"nodeId", info->name},
                      {"node", shown(*info)},
                      {"message", "Node '" + info->name + "' is admitted as " + info->tier}};
}

ToolResult exchange_ticket(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "exchanging an invite");
  if (!actor.ok()) return actor.error();
  const ExchangeRequest request{.invite_token = *args.text("invite_token"),
                                .node = *args.text("node_id"),
                                .nonce = *args.text("nonce"),
                                .public_key = args.text("public_key"),
                                .signature = args.text("signature"),
                                .ttl_seconds = ttl_seconds(context, args)};
  if (auto error = check_id("/node_id", request.node)) return std::move(*error);
  const auto ticket = exchange(context, request, *actor);
  if (!ticket.ok()) return ticket.error();
  json::object reply = ticket_reply(*ticket, request.node);
  reply["proofRequired"] = context.config.auth_gate.require_node_proof;
  return reply;
}

// What the agents of a revoked node have claimed, some of it in each step; the reply is what goes from step to step.
ToolResult give_back(Context& context, const Actor& by, json::object reply) {
  std::size_t left = kReleasedPerStep;
  for (const std::string& agent : texts_field(reply, "disabledAgents")) {
    left -= release_held_tasks(context, agent, by.id, left);
  }
  reply["releasedTasks"] = int_field(reply, "releasedTasks").value_or(0) +
                           static_cast<std::int64_t>(kReleasedPerStep - left);
  if (left == 0) return More{json::canonical(reply)};
  return reply;
}

ToolResult revoke(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "revoking a node");
  if (!actor.ok()) return actor.error();
  if (!context.continuation.empty()) {
    return give_back(context, *actor, parse_document("continuation", context.continuation));
  }
  auto reply = revoke_node(context, *args.text("node_id"), args.text("reason"), *actor);
  if (!reply.ok()) return reply.error();
  return give_back(context, *actor, std::move(*reply));
}

constexpr Tool kTools[] = {
    {.name = "ansible_bootstrap_node",
     .description = "Make this node the first of an empty mesh (admin)",
     .params = kBootstrapParams,
     .handler = bootstrap},
    {.name = "ansible_invite_node",
     .description = "Make an invite for another node, shown only once (admin, backbone)",
     .params = kInviteParams,
     .handler = invite},
    {.name = "ansible_join_node",
     .description = "Let this node join with an invite (admin)",
     .params = kJoinParams,
     .handler = join},
    {.name = "ansible_mint_ws_ticket",
     .description = "Make a short-lived ticket for an invited node (admin)",
     .params = kMintParams,
     .handler = mint},
    {.name = "ansible_consume_ws_ticket",
     .description = "Admit the node that brings a ticket (admin)",
     .params = kConsumeParams,
     .handler = consume},
    {.name = "ansible_exchange_ws_ticket",
     .description = "Exchange an invite for a ticket, once per nonce (admin; the gateway calls it)",
     .params = kExchangeParams,
     .handler = exchange_ticket},
    {.name = "ansible_revoke_node",
     .description = "Remove a node and disable its agents (admin, backbone)",
     .params = kRevokeParams,
     .handler = revoke},
};

}  // namespace

std::span<const Tool> admission_tools() { return kTools; }

}  // namespace ansible
