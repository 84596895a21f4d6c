// What is stored about a published capability (reference 1.10).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "records/manifest.hpp"

namespace ansible {

// CAP-7; archived versions are named in the revision.
namespace catalog_status {
inline constexpr std::string_view kCanary = "canary";
inline constexpr std::string_view kActive = "active";
inline constexpr std::string_view kDeprecated = "deprecated";
inline constexpr std::string_view kDisabled = "disabled";
}  // namespace catalog_status

// One version of a capability as the catalog shows it.
struct CatalogRecord {
  std::string capability_id;
  std::string name;
  std::string version;
  std::string status;  // one of catalog_status
  std::string owner_agent_id;
  std::string owner_node_id;  // the owner's gateway
  SkillRef delegation_skill;
  SkillRef executor_skill;
  std::string contract_schema_ref;
  std::int64_t default_eta_seconds = 0;
  std::int64_t published_at = 0;  // ms
  std::string published_by_agent_id;
  // ms, when it was first routed to: a later publish needs no canary. Absent: never.
  std::optional<std::int64_t> activated_at{};
  json::object approval;  // of a high-risk publish; empty: none was needed
};

// Who may execute a version now.
struct IndexRecord {
  std::string capability_id;
  std::vector<std::string> eligible_agent_ids;
  std::string policy_version;  // "cpv_" + ISO time
  std::int64_t updated_at = 0;
};

// The history of a capability.
struct RevisionRecord {
  std::string capability_id;
  std::optional<std::string> active_version;   // routed to
  std::optional<std::string> pending_version;  // in canary (CAP-11)
  std::vector<std::string> archived_versions;  // sorted
  std::vector<std::string> versions;           // in the order of their first publish
  std::string latest_version;                  // the one last published, promoted or withdrawn
  std::string first_publisher;                 // CAP-13
  std::optional<std::string> current_owner_agent_id;
  std::optional<std::string> last_failover_from_agent_id;
  std::optional<std::int64_t> last_failover_at;
  std::int64_t updated_at = 0;
  std::string updated_by_agent_id;
  std::string last_action;  // published | unpublished | rolled_back | promoted | canary_rolled_back
};

// A version in canary: its executors, its own index, and the soak that a sweep judges (CAP-11, CAP-12).
struct CapabilityCanary {
  std::string capability_id;
  std::string version;
  std::vector<std::string> executors;  // agent ids
  std::int64_t started_at = 0;
  std::int64_t soak_until = 0;
  std::string verdict;  // "" while soaking; "inconclusive" when nothing finished in time
};

// The last publish or withdrawal of a capability, gate by gate; also when it failed.
struct PipelineRecord {
  std::string capability_id;
  std::string version;
  std::string action;   // publish | rollback | unpublish
  std::string outcome;  // passed | failed
  std::int64_t at = 0;
  std::string by_agent_id;
  json::array gates;  // {gate, status, at, detail? | error?}
};

struct InstallStage {
  std::string capability_id;
  std::string version;
  std::string owner_agent_id;
  std::vector<std::string> executor_target_agent_ids;
  std::vector<std::string> delegation_target_agent_ids;
  std::string status;  // staged | wired | unwired | archived
  std::int64_t staged_at = 0;
  std::string staged_by_agent_id;
  std::int64_t updated_at = 0;
  std::string updated_by_agent_id;
};

struct Wiring {
  std::string capability_id;
  std::string version;
  std::string owner_agent_id;
  std::vector<std::string> executor_target_agent_ids;
  std::vector<std::string> delegation_target_agent_ids;
  bool active = false;
  std::int64_t wired_at = 0;
  std::string wired_by_agent_id;
  std::optional<std::int64_t> unwired_at;
  std::optional<std::string> unwired_by_agent_id;
};

json::object to_json(const CatalogRecord& record);
json::object to_json(const IndexRecord& record);
json::object to_json(const RevisionRecord& record);
json::object to_json(const CapabilityCanary& record);
json::object to_json(const PipelineRecord& record);
json::object to_json(const InstallStage& record);
json::object to_json(const Wiring& record);
CatalogRecord catalog_from_json(const json::object& from);
IndexRecord index_from_json(const json::object& from);
RevisionRecord revision_from_json(const json::object& from);
CapabilityCanary canary_from_json(const json::object& from);
PipelineRecord pipeline_from_json(const json::object& from);
InstallStage stage_from_json(const json::object& from);
Wiring wiring_from_json(const json::object& from);

}  // namespace ansible
