#include "records/manifest.hpp"

#include "core/fields.hpp"

namespace ansible {

json::object to_json(const SkillRef& ref) {
  json::object out{{"name", ref.name}, {"version", ref.version}};
  set_field(out, "path", ref.path);
  set_field(out, "source", ref.source);
  return out;
}

SkillRef skill_ref_from_json(const json::object& from) {
  return {.name = text_field(from, "name").value_or(""),
          .version = text_field(from, "version").value_or(""),
          .path = text_field(from, "path"),
          .source = text_field(from, "source")};
}

json::object to_json(const Manifest& m) {
  return {{"manifestVersion", "1.0.0"},
          {"capabilityId", m.capability_id},
          {"version", m.version},
          {"ownerAgentId", m.owner_agent_id},
          {"standbyOwnerAgentIds", to_array(m.standby_owner_agent_ids)},
          {"compatibilityMode", m.compatibility_mode},
          {"delegationSkillRef", to_json(m.delegation_skill)},
          {"executorSkillRef", to_json(m.executor_skill)},
          {"contract",
           {{"inputSchemaRef", m.input_schema_ref},
            {"outputSchemaRef", m.output_schema_ref},
            {"ackSchemaRef", m.ack_schema_ref}}},
          {"sla",
           {{"acceptSlaSeconds", m.accept_sla_seconds},
            {"progressSlaSeconds", m.progress_sla_seconds},
            {"completeSlaSeconds", m.complete_sla_seconds}}},
          {"riskClass", m.risk_class},
          {"rollout", {{"mode", m.rollout_mode}, {"canaryTargets", to_array(m.canary_targets)}}},
          {"governance",
           {{"requiresHumanApprovalForHighRisk", m.requires_human_approval_for_high_risk},
            {"signedManifestRequired", m.signed_manifest_required}}},
          {"provenance",
           {{"publishedByAgentId", m.published_by_agent_id},
            {"manifestChecksum", m.manifest_checksum},
            {"manifestSignature", m.manifest_signature},
            {"publishedAt", m.published_at}}}};
}

Manifest manifest_from_json(const json::object& from) {
  const json::object contract = object_field(from, "contract");
  const json::object sla = object_field(from, "sla");
  const json::object rollout = object_field(from, "rollout");
  const json::object governance = object_field(from, "governance");
  const json::object provenance = object_field(from, "provenance");
  const auto text = [](const json::object& of, std::string_view name) {
    return text_field(of, name).value_or("");
  };
  Manifest m;
  m.capability_id = text(from, "capabilityId");
  m.version = text(from, "version");
  m.owner_agent_id = text(from, "ownerAgentId");
  m.standby_owner_agent_ids = texts_field(from, "standbyOwnerAgentIds");
  m.compatibility_mode = text(from, "compatibilityMode");
  m.delegation_skill = skill_ref_from_json(object_field(from, "delegationSkillRef"));
  m.executor_skill = skill_ref_from_json(object_field(from, "executorSkillRef"));
  m.input_schema_ref = text(contract, "inputSchemaRef");
  m.output_schema_ref = text(contract, "outputSchemaRef");
  m.ack_schema_ref = text(contract, "ackSchemaRef");
  m.accept_sla_seconds = int_field(sla, "acceptSlaSeconds").value_or(m.accept_sla_seconds);
  m.progress_sla_seconds = int_field(sla, "progressSlaSeconds").value_or(m.progress_sla_seconds);
  m.complete_sla_seconds = int_field(sla, "completeSlaSeconds").value_or(m.complete_sla_seconds);
  m.risk_class = text(from, "riskClass");
  m.rollout_mode = text(rollout, "mode");
  m.canary_targets = texts_field(rollout, "canaryTargets");
  m.requires_human_approval_for_high_risk =
      bool_field(governance, "requiresHumanApprovalForHighRisk").value_or(true);
  m.signed_manifest_required = bool_field(governance, "signedManifestRequired").value_or(false);
  m.published_by_agent_id = text(provenance, "publishedByAgentId");
  m.manifest_checksum = text(provenance, "manifestChecksum");
  m.manifest_signature = text(provenance, "manifestSignature");
  m.published_at = text(provenance, "publishedAt");
  return m;
}

}  // namespace ansible
