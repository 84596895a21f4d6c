// What a capability promised when a task was created: a snapshot that later publishes do not change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "records/manifest.hpp"

namespace ansible {

// Seconds of each SLA window (SLA-1); a window without a source does not exist.
struct SlaSeconds {
  std::optional<std::int64_t> accept;
  std::optional<std::int64_t> progress;
  std::optional<std::int64_t> complete;
};

// An entry of metadata.ansible.contract.capabilities (reference 1.4).
struct Contract {
  std::string capability_id;
  std::string version;
  std::string contract_schema_ref;
  std::int64_t default_eta_seconds = 0;
  std::string compatibility_mode = "strict";  // strict | backward | legacy-window
  std::string risk_class = "medium";          // low | medium | high
  bool requires_human_approval = false;       // when the risk is high
  SkillRef delegation_skill;
  SkillRef executor_skill;
  SlaSeconds sla;  // of the manifest

  // Work needs a human's approval before it begins (T-12).
  bool high_risk() const { return risk_class == "high" && requires_human_approval; }
};

json::object to_json(const Contract& contract);
Contract contract_from_json(const json::object& from);

// The member `contract` as shown and stored: {capabilities: [...]}.
json::object contracts_to_json(const std::vector<Contract>& contracts);
std::vector<Contract> contracts_from_json(const json::object& from);

}  // namespace ansible
