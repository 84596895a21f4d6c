#include "admission/admission.hpp"

#include <algorithm>
#include <utility>

#include "admission/node_store.hpp"
#include "core/ids.hpp"
#include "core/keys.hpp"

namespace ansible {
namespace {

constexpr std::size_t kSecretBytes = 16;

Error mismatch(std::string_view node, const std::string& why) {
  return {"node_mismatch", "the invite is not for node '" + std::string(node) + "': " + why};
}

}  // namespace

Result<UsableInvite> usable_invite(Context& context, std::string_view hash, std::string_view node) {
  auto invite = load_node_invite(context.txn, hash);
  if (!invite) {
    return Error{code::kInvalidToken,
                 "the invite is unknown or was used; an admin can make a new one with "
                 "ansible_invite_node"};
  }
  if (context.now_ms > invite->expires_at) {
    return Error{"expired_token", "the invite ran out at " + iso_time(invite->expires_at) +
                                      "; an admin can make a new one with ansible_invite_node"};
  }
  if (invite->expected_node_id && *invite->expected_node_id != node) {
    return mismatch(node, "it is bound to another one");
  }
  const auto revoked = load_revocation(context.txn, node);
  if (revoked && (!invite->expected_node_id || invite->created_at <= revoked->revoked_at)) {
    return mismatch(node,
                    "this node was revoked, so its invite must be bound to it and made since");
  }
  return UsableInvite{std::string(hash), std::move(*invite)};
}

NodeInfo admit(Context& context, const UsableInvite& by, const std::string& node,
               const std::vector<std::string>& capabilities) {
  NodeInfo info = load_node(context.txn, node).value_or(NodeInfo{});
  info.name = node;
  info.tier = by.invite.tier;
  for (const std::string& capability : capabilities) {
    if (std::find(info.capabilities.begin(), info.capabilities.end(), capability) ==
        info.capabilities.end()) {
      info.capabilities.push_back(capability);
    }
  }
  info.added_by = by.invite.created_by;
  info.added_at = context.now_ms;
  save_node(context.txn, node, info);
  if (by.invite.public_key) {
    save_pinned_key(context.txn, node,
                    {.public_key = *by.invite.public_key,
                     .pinned_at = context.now_ms,
                     .pinned_by = by.invite.created_by});
  }
  context.txn.erase(key::node_revoked(node));
  context.txn.erase(key::node_invite(by.hash));
  return info;
}

Result<Ticket> mint_ticket(Context& context, std::string_view invite_token, const std::string& node,
                           std::int64_t ttl_seconds, const Actor& by) {
  auto invite = usable_invite(context, secret_hash(context.txn, invite_token), node);
  if (!invite.ok()) return std::move(invite.error());
  Ticket ticket{new_secret(context.txn, "node-ticket", "", kSecretBytes),
                context.now_ms + ttl_seconds * 1000};
  insert_node_ticket(context.txn, secret_hash(context.txn, ticket.text),
                     {.invite_hash = invite->hash,
                      .expected_node_id = node,
                      .created_by = by.id,
                      .created_at = context.now_ms,
                      .expires_at = ticket.expires_at,
                      .used_at = std::nullopt});
  return ticket;
}

Result<NodeInfo> consume_ticket(Context& context, std::string_view text, const std::string& node) {
  const std::string hash = secret_hash(context.txn, text);
  auto ticket = load_node_ticket(context.txn, hash);
  if (!ticket) return Error{"invalid_ticket", "the ticket is unknown; exchange the invite again"};
  if (ticket->used_at) {
    return Error{"ticket_already_used",
                 "the ticket was used at " + iso_time(*ticket->used_at) + "; a ticket admits once"};
  }
  if (context.now_ms > ticket->expires_at) {
    return Error{"expired_ticket", "the ticket ran out at " + iso_time(ticket->expires_at) +
                                       "; exchange the invite again"};
  }
  if (ticket->expected_node_id != node) {
    return Error{"ticket_node_mismatch", "the ticket is not for node '" + node + "'"};
  }
  const auto invite = usable_invite(context, ticket->invite_hash, node);
  if (!invite.ok()) return invite.error();
  NodeInfo info = admit(context, *invite, node, {});
  ticket->used_at = context.now_ms;
  save_node_ticket(context.txn, hash, *ticket);
  return info;
}

}  // namespace ansible
