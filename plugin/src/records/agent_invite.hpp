// An invitation for an external agent (reference 1.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace ansible {

namespace json = base::json;

struct AgentInvite {
  std::string id;
  std::string agent_id;
  std::string token_hash;  // as in AgentAuth
  std::int64_t created_at = 0;
  std::int64_t expires_at = 0;
  std::string created_by;  // node
  std::optional<std::string> created_by_agent;
  std::optional<std::int64_t> used_at;
  std::optional<std::string> used_by_node;
  std::optional<std::string> used_by_agent;
  std::optional<std::int64_t> revoked_at;
  std::optional<std::string> revoked_reason;  // "superseded-by:<invite>"

  // used | revoked | expired | active
  std::string_view status(std::int64_t now_ms) const;
};

json::object to_json(const AgentInvite& invite);
AgentInvite agent_invite_from_json(std::string_view id, const json::object& from);

// What people see: the id and status, and no hash (WHO-8).
json::object public_json(const AgentInvite& invite, std::int64_t now_ms);

}  // namespace ansible
