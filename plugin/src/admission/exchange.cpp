// An invite against a ticket, over the network: who may have seen the invite is not enough to repeat it.
#include <utility>

#include "admission/admission.hpp"
#include "admission/node_store.hpp"
#include "core/base64.hpp"
#include "core/keys.hpp"
#include "core/text.hpp"

namespace ansible {
namespace {

constexpr std::int64_t kNonceMs = 5 * 60'000;

// The key that the node must prove itself with, and who says so; empty when nobody does yet.
PinnedKey expected_key(Context& context, const ExchangeRequest& request) {
  const auto invite = load_node_invite(context.txn, secret_hash(context.txn, request.invite_token));
  if (invite && invite->public_key) return {*invite->public_key, 0, invite->created_by};
  return load_pinned_key(context.txn, request.node).value_or(PinnedKey{});
}

Error invalid_proof(std::string_view reason, const std::string& text) {
  return {"node_proof_invalid", "the node's proof is not valid: " + text, {{"reason", reason}}};
}

std::optional<Error> check_proof(Context& context, const ExchangeRequest& request,
                                 const std::string& key) {
  if (!request.signature) {
    return invalid_proof("missing_signature", "expected signature, a Base64 text");
  }
  if (key.empty()) return invalid_proof("missing_public_key", "expected publicKey, a PEM text");
  const auto signature = base64_decode(trimmed(*request.signature));
  if (!signature) return invalid_proof("invalid_signature", "signature is not Base64");
  const std::string text =
      "ansible-auth-exchange|" + request.invite_token + '|' + request.node + '|' + request.nonce;
  switch (context.txn.ed25519_verify(key, text, *signature)) {
    case SignatureCheck::kValid:
      return std::nullopt;
    case SignatureCheck::kBadKey:
      return invalid_proof("invalid_public_key", "publicKey is not an Ed25519 key in PEM");
    case SignatureCheck::kWrong:
      break;
  }
  if (request.public_key && trimmed(*request.public_key) != trimmed(key)) {
    return invalid_proof("public_key_mismatch",
                         "another key is known for this node; revoke the node, or invite it with "
                         "its new key");
  }
  return invalid_proof("invalid_signature", "the signature is not one of " +
                                                std::string("ansible-auth-exchange|<invite>|<node>|"
                                                            "<nonce> by the node's key"));
}

}  // namespace

Result<Ticket> exchange(Context& context, const ExchangeRequest& request, const Actor& by) {
  const std::string nonce =
      secret_hash(context.txn, "exchange:" + request.node + ':' + request.nonce);
  if (context.txn.get(key::node_nonce(nonce))) {
    return Error{"replay_detected", "this nonce was used; draw a new one for every exchange"};
  }
  const PinnedKey known = expected_key(context, request);
  const std::string key =
      known.public_key.empty() ? request.public_key.value_or("") : known.public_key;
  const bool proves = context.config.auth_gate.require_node_proof || request.public_key ||
                      request.signature || !known.public_key.empty();
  if (proves) {
    if (auto refusal = check_proof(context, request, key)) return std::move(*refusal);
  }
  auto ticket = mint_ticket(context, request.invite_token, request.node, request.ttl_seconds, by);
  if (!ticket.ok()) return ticket;
  insert_nonce(context.txn, nonce, context.now_ms + kNonceMs);
  if (proves && known.public_key.empty()) {
    save_pinned_key(context.txn, request.node,
                    {.public_key = key, .pinned_at = context.now_ms, .pinned_by = "first-use"});
  }
  return ticket;
}

}  // namespace ansible
