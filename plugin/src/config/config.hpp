// The plugin's configuration, validated once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace ansible {

namespace json = base::json;

enum class Tier : std::uint8_t { kBackbone, kEdge };
enum class AuthMode : std::uint8_t { kLegacy, kMixed, kTokenRequired };

// Absent members were not configured; the policy that reads them has the default.
struct SlaConfig {
  std::optional<bool> enabled;
  std::optional<std::int64_t> every_seconds;
  std::optional<bool> record_only;
  std::optional<std::int64_t> max_messages;
  std::optional<std::vector<std::string>> fyi_agents;
};

// A publisher's Ed25519 public key (PEM). It signs for this publisher and for nobody else (CAP-8).
struct TrustedKey {
  std::string publisher;  // agent id
  std::string pem;
};

// Whose manifests this node accepts.
struct ManifestTrust {
  std::map<std::string, TrustedKey> keys;  // by key id; a plain PEM's key id is its publisher's id
  bool allow_unsigned_legacy = true;
  bool require_signed = false;  // goes before allow_unsigned_legacy
};

// Admission of nodes. The gateway reads the rest of `authGate`: where the exchange listens, and its rate limit.
struct AuthGateConfig {
  std::int64_t ticket_ttl_seconds = 60;
  bool require_node_proof = false;
};

struct Config {
  Tier tier = Tier::kBackbone;
  std::vector<std::string> capabilities;
  bool inject_context = true;
  std::vector<std::string> inject_context_agents;
  std::vector<std::string> send_receipt_agents;
  std::string admin_agent_id = "admin";
  AuthMode auth_mode = AuthMode::kMixed;
  std::int64_t claim_lease_seconds = 0;  // 0 = off (T-9)
  std::int64_t audit_retention_days = 30;
  bool dispatch_incoming = true;
  std::int64_t max_unread_days = 30;  // MSG-2
  std::int64_t max_auto_replies = 3;  // MSG-5
  bool lock_sweep_enabled = true;
  std::int64_t lock_sweep_every_seconds = 60;
  std::int64_t lock_sweep_stale_seconds = 300;
  std::int64_t capability_soak_seconds = 300;  // how long a capability's canary is watched (CAP-12)
  SlaConfig sla;
  ManifestTrust manifest_trust;
  AuthGateConfig auth_gate;
  json::object given;  // as it was configured
};

struct ConfigProblem {
  std::string path;  // JSON pointer
  std::string expected;
  std::string got;
};

struct ConfigReport {
  std::vector<ConfigProblem> errors;    // not empty: refused
  std::vector<ConfigProblem> warnings;  // unknown keys, with the nearest known one
  json::value to_json() const;
};

// Validates the whole object: every key of the reference is known, types and ranges are checked, nothing is clamped.
// Thread rule: any.
Config read_config(const json::object& from, ConfigReport& report);

// The JSON Schema of the configuration, from the same table.
json::object config_schema();

std::string_view to_text(Tier tier);
std::string_view to_text(AuthMode mode);

}  // namespace ansible
