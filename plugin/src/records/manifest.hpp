// A capability's manifest: the versioned contract that its owner executes (reference 4.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace ansible {

namespace json = base::json;

struct SkillRef {
  std::string name;
  std::string version;
  std::optional<std::string> path;
  std::optional<std::string> source;
  bool operator==(const SkillRef&) const = default;
};

json::object to_json(const SkillRef& ref);
SkillRef skill_ref_from_json(const json::object& from);

// As validated: texts trimmed, lists cleaned. Enumerations stay text: the validator has checked them.
struct Manifest {
  std::string capability_id;  // "cap." ...
  std::string version;        // X.Y.Z, one suffix
  std::string owner_agent_id;
  std::vector<std::string> standby_owner_agent_ids;
  std::string compatibility_mode = "strict";  // strict | backward | legacy-window
  SkillRef delegation_skill;
  SkillRef executor_skill;
  std::string input_schema_ref;
  std::string output_schema_ref;
  std::string ack_schema_ref;
  std::int64_t accept_sla_seconds = 120;     // 10..3600
  std::int64_t progress_sla_seconds = 900;   // 30..86400
  std::int64_t complete_sla_seconds = 3600;  // 60..604800
  std::string risk_class = "medium";         // low | medium | high
  std::string rollout_mode = "full";         // canary | full
  std::vector<std::string> canary_targets;
  bool requires_human_approval_for_high_risk = true;
  bool signed_manifest_required = false;
  std::string published_by_agent_id;
  std::string manifest_checksum;   // "sha256:" + 64 hex
  std::string manifest_signature;  // "unsigned:..." | "ed25519:[keyId:]base64"
  std::string published_at;        // ISO

  // A task under this contract needs a human's approval before work begins (T-12).
  bool high_risk() const { return risk_class == "high" && requires_human_approval_for_high_risk; }
};

// The published shape, manifestVersion "1.0.0" included: what is stored, shown, and (with empty checksum and signature)
// hashed and signed.
json::object to_json(const Manifest& manifest);

// Reads the stored form; not a validator.
Manifest manifest_from_json(const json::object& from);

}  // namespace ansible
