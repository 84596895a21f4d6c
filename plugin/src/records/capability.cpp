#include "records/capability.hpp"

#include "core/fields.hpp"

namespace ansible {
namespace {

std::string text(const json::object& from, std::string_view name) {
  return text_field(from, name).value_or("");
}
std::int64_t number(const json::object& from, std::string_view name) {
  return int_field(from, name).value_or(0);
}

}  // namespace

json::object to_json(const CatalogRecord& r) {
  json::object out{{"capabilityId", r.capability_id},
                   {"name", r.name},
                   {"version", r.version},
                   {"status", r.status},
                   {"ownerAgentId", r.owner_agent_id},
                   {"ownerNodeId", r.owner_node_id},
                   {"delegationSkillRef", to_json(r.delegation_skill)},
                   {"executorSkillRef", to_json(r.executor_skill)},
                   {"contractSchemaRef", r.contract_schema_ref},
                   {"defaultEtaSeconds", r.default_eta_seconds},
                   {"publishedAt", r.published_at},
                   {"publishedByAgentId", r.published_by_agent_id}};
  set_field(out, "activatedAt", r.activated_at);
  if (!r.approval.empty()) out["approval"] = r.approval;
  return out;
}

CatalogRecord catalog_from_json(const json::object& from) {
  CatalogRecord r;
  r.capability_id = text(from, "capabilityId");
  r.name = text(from, "name");
  r.version = text(from, "version");
  r.status = text(from, "status");
  r.owner_agent_id = text(from, "ownerAgentId");
  r.owner_node_id = text(from, "ownerNodeId");
  r.delegation_skill = skill_ref_from_json(object_field(from, "delegationSkillRef"));
  r.executor_skill = skill_ref_from_json(object_field(from, "executorSkillRef"));
  r.contract_schema_ref = text(from, "contractSchemaRef");
  r.default_eta_seconds = number(from, "defaultEtaSeconds");
  r.published_at = number(from, "publishedAt");
  r.published_by_agent_id = text(from, "publishedByAgentId");
  r.activated_at = int_field(from, "activatedAt");
  r.approval = object_field(from, "approval");
  return r;
}

json::object to_json(const IndexRecord& r) {
  return {{"capabilityId", r.capability_id},
          {"eligibleAgentIds", to_array(r.eligible_agent_ids)},
          {"policyVersion", r.policy_version},
          {"updatedAt", r.updated_at}};
}

IndexRecord index_from_json(const json::object& from) {
  return {.capability_id = text(from, "capabilityId"),
          .eligible_agent_ids = texts_field(from, "eligibleAgentIds"),
          .policy_version = text(from, "policyVersion"),
          .updated_at = number(from, "updatedAt")};
}

json::object to_json(const RevisionRecord& r) {
  json::object out{{"capabilityId", r.capability_id},
                   {"archivedVersions", to_array(r.archived_versions)},
                   {"versions", to_array(r.versions)},
                   {"firstPublisherAgentId", r.first_publisher},
                   {"latestVersion", r.latest_version},
                   {"updatedAt", r.updated_at},
                   {"updatedByAgentId", r.updated_by_agent_id},
                   {"lastAction", r.last_action}};
  set_field(out, "activeVersion", r.active_version);
  set_field(out, "pendingVersion", r.pending_version);
  set_field(out, "currentOwnerAgentId", r.current_owner_agent_id);
  set_field(out, "lastFailoverFromAgentId", r.last_failover_from_agent_id);
  set_field(out, "lastFailoverAt", r.last_failover_at);
  return out;
}

RevisionRecord revision_from_json(const json::object& from) {
  RevisionRecord r;
  r.capability_id = text(from, "capabilityId");
  r.active_version = text_field(from, "activeVersion");
  r.pending_version = text_field(from, "pendingVersion");
  r.archived_versions = texts_field(from, "archivedVersions");
  r.versions = texts_field(from, "versions");
  r.latest_version = text(from, "latestVersion");
  r.first_publisher = text(from, "firstPublisherAgentId");
  r.current_owner_agent_id = text_field(from, "currentOwnerAgentId");
  r.last_failover_from_agent_id = text_field(from, "lastFailoverFromAgentId");
  r.last_failover_at = int_field(from, "lastFailoverAt");
  r.updated_at = number(from, "updatedAt");
  r.updated_by_agent_id = text(from, "updatedByAgentId");
  r.last_action = text(from, "lastAction");
  return r;
}

json::object to_json(const CapabilityCanary& r) {
  json::object out{{"capabilityId", r.capability_id},
                   {"version", r.version},
                   {"executors", to_array(r.executors)},
                   {"startedAt", r.started_at},
                   {"soakUntil", r.soak_until}};
  if (!r.verdict.empty()) out["verdict"] = r.verdict;
  return out;
}

CapabilityCanary canary_from_json(const json::object& from) {
  return {.capability_id = text(from, "capabilityId"),
          .version = text(from, "version"),
          .executors = texts_field(from, "executors"),
          .started_at = number(from, "startedAt"),
          .soak_until = number(from, "soakUntil"),
          .verdict = text(from, "verdict")};
}

json::object to_json(const PipelineRecord& r) {
  return {{"capabilityId", r.capability_id},
          {"version", r.version},
          {"action", r.action},
          {"outcome", r.outcome},
          {"at", r.at},
          {"byAgentId", r.by_agent_id},
          {"gates", r.gates}};
}

PipelineRecord pipeline_from_json(const json::object& from) {
  const json::value* gates = from.if_contains("gates");
  return {.capability_id = text(from, "capabilityId"),
          .version = text(from, "version"),
          .action = text(from, "action"),
          .outcome = text(from, "outcome"),
          .at = number(from, "at"),
          .by_agent_id = text(from, "byAgentId"),
          .gates = gates != nullptr && gates->is_array() ? gates->get_array() : json::array{}};
}

json::object to_json(const InstallStage& r) {
  return {{"capabilityId", r.capability_id},
          {"version", r.version},
          {"ownerAgentId", r.owner_agent_id},
          {"executorTargetAgentIds", to_array(r.executor_target_agent_ids)},
          {"delegationTargetAgentIds", to_array(r.delegation_target_agent_ids)},
          {"status", r.status},
          {"stagedAt", r.staged_at},
          {"stagedByAgentId", r.staged_by_agent_id},
          {"updatedAt", r.updated_at},
          {"updatedByAgentId", r.updated_by_agent_id}};
}

InstallStage stage_from_json(const json::object& from) {
  return {.capability_id = text(from, "capabilityId"),
          .version = text(from, "version"),
          .owner_agent_id = text(from, "ownerAgentId"),
          .executor_target_agent_ids = texts_field(from, "executorTargetAgentIds"),
          .delegation_target_agent_ids = texts_field(from, "delegationTargetAgentIds"),
          .status = text(from, "status"),
          .staged_at = number(from, "stagedAt"),
          .staged_by_agent_id = text(from, "stagedByAgentId"),
          .updated_at = number(from, "updatedAt"),
          .updated_by_agent_id = text(from, "updatedByAgentId")};
}

json::object to_json(const Wiring& r) {
  json::object out{{"capabilityId", r.capability_id},
                   {"version", r.version},
                   {"ownerAgentId", r.owner_agent_id},
                   {"executorTargetAgentIds", to_array(r.executor_target_agent_ids)},
                   {"delegationTargetAgentIds", to_array(r.delegation_target_agent_ids)},
                   {"active", r.active},
                   {"wiredAt", r.wired_at},
                   {"wiredByAgentId", r.wired_by_agent_id}};
  set_field(out, "unwiredAt", r.unwired_at);
  set_field(out, "unwiredByAgentId", r.unwired_by_agent_id);
  return out;
}

Wiring wiring_from_json(const json::object& from) {
  return {.capability_id = text(from, "capabilityId"),
          .version = text(from, "version"),
          .owner_agent_id = text(from, "ownerAgentId"),
          .executor_target_agent_ids = texts_field(from, "executorTargetAgentIds"),
          .delegation_target_agent_ids = texts_field(from, "delegationTargetAgentIds"),
          .active = bool_field(from, "active").value_or(false),
          .wired_at = number(from, "wiredAt"),
          .wired_by_agent_id = text(from, "wiredByAgentId"),
          .unwired_at = int_field(from, "unwiredAt"),
          .unwired_by_agent_id = text_field(from, "unwiredByAgentId")};
}

}  // namespace ansible
