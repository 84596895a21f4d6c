#include "rollout/lifecycle.hpp"

#include "common/manifest_signer.hpp"
#include "rollout/fields.hpp"

namespace gateway_app {
namespace {

struct GateRow {
  std::string name;
  std::string status;
  std::string detail;
};

GateRow gate_row(const json::value& from) {
  if (!from.is_object()) return {};
  const json::object& row = from.get_object();
  return {fields::text(row, "gate"), fields::text(row, "status"), fields::text(row, "detail")};
}

bool between(const std::string& gate, std::string_view first, std::string_view last) {
  const std::string beginning = gate.substr(0, first.size());
  return beginning >= first && beginning <= last;
}

bool fine(const GateRow& gate) { return gate.status == "passed" || gate.status == "skipped"; }

}  // namespace

bool signed_manifests_only(std::string_view plugin_config) {
  const auto config = json::parse(plugin_config);
  if (!config || !config->is_object()) return false;
  const json::object& trust = fields::object(config->get_object(), "manifestTrust");
  const json::value* legacy = trust.if_contains("allowUnsignedLegacy");
  return fields::flag(trust, "requireSigned") ||
         (legacy != nullptr && *legacy == json::value(false));
}

gateway::Result<json::object> rollout_manifest(std::string_view published_at) {
  const json::object manifest{
      {"manifestVersion", "1.0.0"},
      {"capabilityId", kRolloutCapability},
      {"version", "1.0.0"},
      {"ownerAgentId", kRolloutOwner},
      {"compatibilityMode", "strict"},
      {"delegationSkillRef", json::object{{"name", "ask-rollout-check"}, {"version", "1.0.0"}}},
      {"executorSkillRef", json::object{{"name", "do-rollout-check"}, {"version", "1.0.0"}}},
      {"contract", json::object{{"inputSchemaRef", "schema://rollout-check/in/1.0.0"},
                                {"outputSchemaRef", "schema://rollout-check/out/1.0.0"},
                                {"ackSchemaRef", "schema://ansible/ack/1.0.0"}}},
      {"sla", json::object{{"acceptSlaSeconds", 3600},
                           {"progressSlaSeconds", 86'400},
                           {"completeSlaSeconds", 86'400}}},
      {"riskClass", "low"},
      {"rollout", json::object{{"mode", "full"}}},
      {"governance",
       json::object{{"requiresHumanApprovalForHighRisk", true}, {"signedManifestRequired", false}}},
      {"provenance",
       json::object{{"publishedByAgentId", kRolloutOwner}, {"publishedAt", published_at}}}};
  return complete_manifest(manifest, {});
}

int gates_passed(const json::array& pipeline, std::string_view first, std::string_view last) {
  int passed = 0;
  for (const json::value& item : pipeline) {
    const GateRow gate = gate_row(item);
    if (between(gate.name, first, last) && fine(gate)) ++passed;
  }
  return passed;
}

std::string gates_failed(const json::array& pipeline, std::string_view first,
                         std::string_view last) {
  std::string text;
  for (const json::value& item : pipeline) {
    const GateRow gate = gate_row(item);
    if (!between(gate.name, first, last) || fine(gate)) continue;
    text += (text.empty() ? "" : "; ") + gate.name + " " + gate.status + " " + gate.detail;
  }
  return text;
}

int times_in(const json::array& timeline, std::string_view kind) {
  int times = 0;
  for (const json::value& event : timeline) {
    if (event.is_object() && fields::text(event.get_object(), "kind") == kind) ++times;
  }
  return times;
}

}  // namespace gateway_app
