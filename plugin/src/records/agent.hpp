// Who can be addressed and who can act.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace ansible {

namespace json = base::json;

// Credentials of an agent. The token itself is never stored: `token_hash` is "sha256:" + hex SHA-256 of the token text,
// `token_hint` its first 12 digits (the reference's format, so imported agents keep their tokens).
struct AgentAuth {
  std::string token_hash;
  std::optional<std::string> token_hint;
  std::int64_t issued_at = 0;
  std::optional<std::int64_t> rotated_at;
  std::optional<std::int64_t> expires_at;
  std::optional<std::int64_t> accepted_at;  // by invite, and on which node
  std::optional<std::string> accepted_by_node;
  std::optional<std::string> accepted_by_agent;
};

// Reference 1.2. `internal` agents live on a gateway; external ones have none.
struct Agent {
  std::string id;
  std::optional<std::string> name;
  std::optional<std::string> gateway;
  bool internal = false;
  std::int64_t registered_at = 0;
  std::string registered_by;
  std::optional<AgentAuth> auth;
  std::optional<std::int64_t> disabled_at;
  std::optional<std::string> disabled_by;
  std::optional<std::string> disable_reason;
  std::optional<std::int64_t> enabled_at;
  std::optional<std::string> enabled_by;
  std::optional<std::int64_t> rebound_at;
  std::optional<std::string> rebound_by;
  std::optional<std::string> rebound_reason;

  std::optional<bool> distribution_opt_in;  // external agents under mode `strict` (CAP-14)
  std::optional<std::int64_t> distribution_opt_in_updated_at;
  std::optional<std::string> distribution_opt_in_updated_by;

  bool enabled() const { return !disabled_at.has_value(); }
};

json::object to_json(const Agent& agent);
Agent agent_from_json(std::string_view id, const json::object& from);

// As to_json, without the token's hash (WHO-8).
json::object public_json(const Agent& agent);

}  // namespace ansible
