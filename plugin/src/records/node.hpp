// A gateway as the mesh knows it, and what lets it in (reference 1.1, 1.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace ansible {

namespace json = base::json;

struct NodeInfo {
  std::string name;
  std::string tier;  // backbone | edge
  std::vector<std::string> capabilities;
  std::string added_by;
  std::int64_t added_at = 0;
};

json::object to_json(const NodeInfo& node);
NodeInfo node_from_json(const json::object& from);

// What a node proves itself with: pinned by the first exchange that succeeded with it, or given in an invite.
struct PinnedKey {
  std::string public_key;  // PEM, Ed25519
  std::int64_t pinned_at = 0;
  std::string pinned_by;  // "first-use", or who made the invite
};

json::object to_json(const PinnedKey& key);
PinnedKey pinned_key_from_json(const json::object& from);

// Outlives the node's records, so that the node does not come back with its next pulse.
struct Revocation {
  std::int64_t revoked_at = 0;
  std::string revoked_by;
  std::optional<std::string> reason;
};

json::object to_json(const Revocation& revocation);
Revocation revocation_from_json(const json::object& from);

// Admits one node, once. Kept under the hash of its token.
struct NodeInvite {
  std::string tier;
  std::int64_t created_at = 0;
  std::int64_t expires_at = 0;
  std::string created_by;
  std::optional<std::string> expected_node_id;
  std::optional<std::string> public_key;
};

json::object to_json(const NodeInvite& invite);
NodeInvite node_invite_from_json(const json::object& from);

// A short-lived stand-in for an invite, for one node. Kept under its hash.
struct NodeTicket {
  std::string invite_hash;
  std::string expected_node_id;
  std::string created_by;
  std::int64_t created_at = 0;
  std::int64_t expires_at = 0;
  std::optional<std::int64_t> used_at;
};

json::object to_json(const NodeTicket& ticket);
NodeTicket node_ticket_from_json(const json::object& from);

}  // namespace ansible
