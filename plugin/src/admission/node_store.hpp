// Nodes, and what admits them, in the store.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/transaction.hpp"
#include "records/node.hpp"

namespace ansible {

std::optional<NodeInfo> load_node(Transaction& txn, std::string_view node);
void save_node(Transaction& txn, std::string_view node, const NodeInfo& info);
bool any_node(Transaction& txn);

std::optional<PinnedKey> load_pinned_key(Transaction& txn, std::string_view node);
void save_pinned_key(Transaction& txn, std::string_view node, const PinnedKey& pinned);

std::optional<Revocation> load_revocation(Transaction& txn, std::string_view node);
void save_revocation(Transaction& txn, std::string_view node, const Revocation& revocation);

// Invites, tickets and nonces are kept under the hex SHA-256 of their text, never under the text itself.
std::string secret_hash(Transaction& txn, std::string_view secret);

std::optional<NodeInvite> load_node_invite(Transaction& txn, std::string_view hash);
std::optional<NodeTicket> load_node_ticket(Transaction& txn, std::string_view hash);
void save_node_ticket(Transaction& txn, std::string_view hash, const NodeTicket& ticket);

// Store a new invite, ticket or nonce, and note until when it is kept: a day after its end, so that a late caller hears
// that it expired; a nonce until `until_ms`.
void insert_node_invite(Transaction& txn, std::string_view hash, const NodeInvite& invite);
void insert_node_ticket(Transaction& txn, std::string_view hash, const NodeTicket& ticket);
void insert_nonce(Transaction& txn, std::string_view hash, std::int64_t until_ms);

}  // namespace ansible
