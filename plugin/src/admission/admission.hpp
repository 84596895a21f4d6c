// How a node gets in: an invite, a ticket for it, and the exchange of one for the other (reference 6.1).
//
// Codes beside those of every tool: invalid_token, expired_token, node_mismatch (of an invite); invalid_ticket,
// expired_ticket, ticket_already_used, ticket_node_mismatch; replay_detected, node_proof_invalid (of an exchange).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/actor.hpp"
#include "core/context.hpp"
#include "core/error.hpp"
#include "records/node.hpp"

namespace ansible {

// An invite that may be used now, with the hash that names it.
struct UsableInvite {
  std::string hash;
  NodeInvite invite;
};

// In this order: it exists, it has not expired (it may be used at expiresAt), it is not bound to another node. A node
// that was revoked needs one that is bound to it and was made after that.
// Errors: invalid_token, expired_token, node_mismatch.
Result<UsableInvite> usable_invite(Context& context, std::string_view hash, std::string_view node);

// Writes the node's record with the invite's tier, adding `capabilities` to those it has, pins the invite's key, ends a
// revocation, and uses the invite up.
NodeInfo admit(Context& context, const UsableInvite& by, const std::string& node,
               const std::vector<std::string>& capabilities);

struct Ticket {
  std::string text;  // shown once
  std::int64_t expires_at = 0;
};

// A ticket for `node`. Any number may be made for an invite; one of them can be used. Errors as usable_invite.
Result<Ticket> mint_ticket(Context& context, std::string_view invite_token, const std::string& node,
                           std::int64_t ttl_seconds, const Actor& by);

// In this order: the ticket exists, is unused, has not expired, is for this node, its invite is usable; then the node is
// admitted and the ticket used.
// Errors: invalid_ticket, ticket_already_used, expired_ticket, ticket_node_mismatch, and those of usable_invite.
Result<NodeInfo> consume_ticket(Context& context, std::string_view ticket, const std::string& node);

struct ExchangeRequest {
  std::string invite_token;
  std::string node;
  std::string nonce;
  std::optional<std::string> public_key;  // PEM, Ed25519
  std::optional<std::string>
      signature;  // Base64, over "ansible-auth-exchange|<invite>|<node>|<nonce>"
  std::int64_t ttl_seconds = 60;
};

// A ticket for an invite, once per node and nonce within five minutes. The nonce counts as used only when the exchange
// succeeds. A proof is needed if the configuration wants one, if any part of one was sent, or if a key is known for the
// node: the invite's, else the one pinned by the first exchange that proved itself.
// Errors: replay_detected, node_proof_invalid (details.reason), and those of mint_ticket.
Result<Ticket> exchange(Context& context, const ExchangeRequest& request, const Actor& by);

}  // namespace ansible
