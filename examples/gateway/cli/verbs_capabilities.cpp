// openclaw ansible capability publish|rollback|unpublish|list|evidence
#include <array>

#include "cli/json_text.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

using enum FlagType;

constexpr Flag kId = {"--id", "capability_id", kText, true};

constexpr std::array<Flag, 15> kPublish = {{
    {"--manifest", "manifest", kJsonFile},
    {"--id", "capability_id"},
    {"--name", "name"},
    {"-v,--cap-version", "version"},
    {"--owner", "owner_agent_id"},
    {"--delegation-skill-name", "delegation_skill_ref.name", kText, false, nullptr,
     "The skill that those who delegate need"},
    {"--delegation-skill-version", "delegation_skill_ref.version", kText, false, nullptr,
     "Its version"},
    {"--executor-skill-name", "executor_skill_ref.name", kText, false, nullptr,
     "The skill that the owner executes it with"},
    {"--executor-skill-version", "executor_skill_ref.version", kText, false, nullptr,
     "Its version"},
    {"--contract", "contract_schema_ref"},
    {"--eta", "default_eta_seconds", kInteger},
    {"--status", "status"},
    {"--approval-artifact", "approval_artifact_id"},
    {"--approved-by", "approved_by_agent"},
    {"--approval-note", "approval_note"},
}};
constexpr std::array<Flag, 2> kRollback = {
    {kId, {"-v,--version,--cap-version", "version", kText, true}}};
constexpr std::array<Flag, 1> kUnpublish = {{kId}};
constexpr std::array<Flag, 1> kList = {{{"--status", "status"}}};
constexpr std::array<Flag, 2> kEvidence = {{kId, {"-v,--cap-version", "version"}}};

// "G4_INSTALL_STAGE:passed G5_WIRE_STAGE:passed ...", from the gate named `first` on.
std::string gates(const json::array& pipeline, std::string_view first) {
  std::string out;
  for (const json::value& item : pipeline) {
    if (!item.is_object()) continue;
    const std::string gate = text_of(item.get_object(), "gate");
    if (gate < first) continue;
    out += (out.empty() ? "" : " ") + gate + ':' + text_of(item.get_object(), "status");
  }
  return out;
}

void published(Printer& print, const json::object& reply, const json::object&) {
  const json::object capability = object_in(reply, "capability");
  const json::object core = object_in(reply, "lifecycleCoreEvidence");
  print.success("Capability published");
  print.line(" id=" + text_of(capability, "capabilityId"));
  print.line(" version=" + text_of(capability, "version"));
  print.line(" status=" + text_of(capability, "status"));
  print.line(" publishPipeline=" + gates(array_in(reply, "publishPipeline"), "G4"));
  print.line(" lifecycleCore=G4:" + text_of(object_in(core, "install"), "action") +
             " G5:" + text_of(object_in(core, "wire"), "action"));
  const json::object canary = object_in(reply, "canary");
  if (!canary.empty()) {
    print.line(" canary=v" + text_of(canary, "version") + " on " +
               joined(array_in(canary, "executors")) + " until " +
               local_time(int_of(canary, "soakUntil")));
  }
}

void unpublished(Printer& print, const json::object& reply, const json::object&) {
  const json::object unwound = object_in(reply, "unwindEvidence");
  print.success("Capability unpublished");
  print.line(" id=" + text_of(object_in(reply, "capability"), "capabilityId"));
  print.line(" unpublishPipeline=" + gates(array_in(reply, "unpublishPipeline"), "U1"));
  print.line(" unwindEvidence: scanned=" +
             std::to_string(array_in(unwound, "manifestKeysScanned").size()) +
             " touched=" + std::to_string(array_in(unwound, "manifestKeysTouched").size()));
}

std::string skill(const json::object& catalog, std::string_view name) {
  const json::object ref = object_in(catalog, name);
  return text_of(ref, "name") + "@" + text_of(ref, "version");
}

void listed(Printer& print, const json::object& reply, const json::object&) {
  print.heading("Capabilities (" + std::to_string(int_of(reply, "total")) + ")");
  for (const json::value& item : array_in(reply, "capabilities")) {
    if (!item.is_object()) continue;
    const json::object& entry = item.get_object();
    const json::object catalog = object_in(entry, "catalog");
    const bool canary = entry.contains("canary");
    const bool routed = canary || text_of(catalog, "status") == "active";
    const json::array eligible = canary ? array_in(object_in(entry, "canary"), "executors")
                                        : array_in(object_in(entry, "index"), "eligibleAgentIds");
    print.line(text_of(catalog, "capabilityId") + "  [" + text_of(catalog, "status") + "]  v" +
               text_of(catalog, "version"));
    print.line("  owner=" + text_of(catalog, "ownerAgentId") +
               " eta=" + text_of(catalog, "defaultEtaSeconds") + "s");
    print.line("  delegation=" + skill(catalog, "delegationSkillRef"));
    print.line("  executor=" + skill(catalog, "executorSkillRef"));
    print.line("  eligible=" + (routed ? joined(eligible) : "none"));
  }
}

void evident(Printer& print, const json::object& reply, const json::object&) {
  const json::object stage = object_in(reply, "installStage");
  const json::object wiring = object_in(reply, "wiring");
  const json::object last = object_in(reply, "lastPipeline");
  print.heading("Capability " + text_of(reply, "capabilityId"));
  print.line("  version=" + text_of(reply, "version"));
  print.line("  status=" + text_of(object_in(reply, "catalog"), "status"));
  print.line("  manifestKey=" + text_of(reply, "manifestKey"));
  print.line("  fingerprint=" + text_of(reply, "lifecycleFingerprint"));
  print.line("  installStage=" + text_of(stage, "status", "none"));
  print.line(std::string("  wiring=") + (bool_of(wiring, "active") ? "active" : "inactive"));
  if (last.empty()) return;
  print.line("  lastPipeline=" + text_of(last, "action") + ' ' + text_of(last, "version") + ' ' +
             text_of(last, "outcome") + " (" + local_time(int_of(last, "at")) + ")");
  print.line("    " + gates(array_in(last, "gates"), ""));
}

constexpr ToolVerb kVerbs[] = {
    {.path = "ansible capability publish",
     .tool = "ansible_capability_publish",
     .flags = kPublish,
     .render = published,
     .actor_arg = "from_agent"},
    {.path = "ansible capability rollback",
     .tool = "ansible_capability_rollback",
     .flags = kRollback,
     .render = published,
     .actor_arg = "from_agent"},
    {.path = "ansible capability unpublish",
     .tool = "ansible_capability_unpublish",
     .flags = kUnpublish,
     .render = unpublished,
     .actor_arg = "from_agent"},
    {.path = "ansible capability list",
     .tool = "ansible_list_capabilities",
     .flags = kList,
     .render = listed,
     .actor_arg = "from_agent"},
    {.path = "ansible capability evidence",
     .tool = "ansible_capability_lifecycle_evidence",
     .flags = kEvidence,
     .render = evident,
     .actor_arg = "from_agent"},
};

}  // namespace

std::span<const ToolVerb> capability_verbs() { return kVerbs; }

}  // namespace gateway_app
