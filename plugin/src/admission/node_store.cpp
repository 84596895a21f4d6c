#include "admission/node_store.hpp"

#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/keys.hpp"

namespace ansible {
namespace {

constexpr std::int64_t kKeptMs = 86'400'000;

std::optional<json::object> load(Transaction& txn, const std::string& key) {
  const auto stored = txn.get(key);
  if (!stored) return std::nullopt;
  return parse_document(key, *stored);
}

template <class Record>
void save(Transaction& txn, const std::string& key, const Record& record) {
  txn.put(key, json::canonical(to_json(record)));
}

}  // namespace

std::optional<NodeInfo> load_node(Transaction& txn, std::string_view node) {
  const auto stored = load(txn, key::node(node));
  return stored ? std::optional(node_from_json(*stored)) : std::nullopt;
}

void save_node(Transaction& txn, std::string_view node, const NodeInfo& info) {
  save(txn, key::node(node), info);
}

bool any_node(Transaction& txn) {
  return !collect(txn, "node/", prefix_end("node/"), {.limit = 1}).empty();
}

std::optional<PinnedKey> load_pinned_key(Transaction& txn, std::string_view node) {
  const auto stored = load(txn, key::node_key(node));
  return stored ? std::optional(pinned_key_from_json(*stored)) : std::nullopt;
}

void save_pinned_key(Transaction& txn, std::string_view node, const PinnedKey& pinned) {
  save(txn, key::node_key(node), pinned);
}

std::optional<Revocation> load_revocation(Transaction& txn, std::string_view node) {
  const auto stored = load(txn, key::node_revoked(node));
  return stored ? std::optional(revocation_from_json(*stored)) : std::nullopt;
}

void save_revocation(Transaction& txn, std::string_view node, const Revocation& revocation) {
  save(txn, key::node_revoked(node), revocation);
}

std::string secret_hash(Transaction& txn, std::string_view secret) {
  return hex(txn.sha256(secret));
}

std::optional<NodeInvite> load_node_invite(Transaction& txn, std::string_view hash) {
  const auto stored = load(txn, key::node_invite(hash));
  return stored ? std::optional(node_invite_from_json(*stored)) : std::nullopt;
}

std::optional<NodeTicket> load_node_ticket(Transaction& txn, std::string_view hash) {
  const auto stored = load(txn, key::node_ticket(hash));
  return stored ? std::optional(node_ticket_from_json(*stored)) : std::nullopt;
}

void save_node_ticket(Transaction& txn, std::string_view hash, const NodeTicket& ticket) {
  save(txn, key::node_ticket(hash), ticket);
}

void insert_node_invite(Transaction& txn, std::string_view hash, const NodeInvite& invite) {
  save(txn, key::node_invite(hash), invite);
  txn.put(key::prune("node-invite", invite.expires_at + kKeptMs, hash), "");
}

void insert_node_ticket(Transaction& txn, std::string_view hash, const NodeTicket& ticket) {
  save_node_ticket(txn, hash, ticket);
  txn.put(key::prune("node-ticket", ticket.expires_at + kKeptMs, hash), "");
}

void insert_nonce(Transaction& txn, std::string_view hash, std::int64_t until_ms) {
  txn.put(key::node_nonce(hash), "");
  txn.put(key::prune("node-nonce", until_ms, hash), "");
}

}  // namespace ansible
