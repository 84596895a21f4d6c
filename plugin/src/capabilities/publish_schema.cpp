// G1_SCHEMA: what is to be published (reference 4.1, 4.4 - 4.6; CAP-3, CAP-4, CAP-15).
#include <algorithm>
#include <array>
#include <utility>

#include "capabilities/capability_store.hpp"
#include "capabilities/manifest_form.hpp"
#include "capabilities/provenance.hpp"
#include "capabilities/publication.hpp"
#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/secrets.hpp"
#include "core/text.hpp"

namespace ansible {
namespace {

constexpr std::size_t kMostFindings = 6;

std::optional<Error> refuse_secrets(const json::object& request) {
  json::object looked_at = request;
  looked_at.erase("agent_token");  // a credential in its place
  const auto findings = find_secrets(
      looked_at, kMostFindings,
      {"manifest.provenance.manifestChecksum", "manifest.provenance.manifestSignature"});
  if (findings.empty()) return std::nullopt;
  std::vector<std::string> places;
  json::array details;
  for (const SecretFinding& found : findings) {
    places.push_back(found.path + '(' + std::string(found.code) + ')');
    details.push_back({{"path", found.path}, {"code", found.code}});
  }
  return Error{code::kSecretLiteralDetected,
               "secret_literal_detected: " + listed(places) +
                   "; take them out, and replace what has been shown to others",
               {{"findings", std::move(details)}}};
}

// The flat form's argument behind a field of the manifest made from it.
std::string flat_pointer(std::string_view pointer) {
  struct Place {
    std::string_view field;
    std::string_view argument;
  };
  static constexpr Place kPlaces[] = {
      {"/capabilityId", "/capability_id"},
      {"/version", "/version"},
      {"/ownerAgentId", "/owner_agent_id"},
      {"/delegationSkillRef", "/delegation_skill_ref"},
      {"/executorSkillRef", "/executor_skill_ref"},
      {"/contract/inputSchemaRef", "/contract_schema_ref"},
      {"/contract/outputSchemaRef", "/contract_schema_ref"},
  };
  for (const Place& place : kPlaces) {
    if (pointer.starts_with(place.field)) {
      return std::string(place.argument) + std::string(pointer.substr(place.field.size()));
    }
  }
  return std::string(pointer);
}

Error at(Error error, const std::string& pointer) {
  error.text = pointer.substr(1) + error.text.substr(error.text.find(':'));
  error.details["pointer"] = pointer;
  return error;
}

void copy_member(const json::object& from, std::string_view name, json::object& to,
                 std::string_view as) {
  if (const json::value* v = from.if_contains(name)) to[as] = *v;
}

// The manifest that the flat arguments stand for; it goes through the same check as any other.
json::object flat_manifest(Context& context, const Publication& p) {
  const std::int64_t eta = int_field(p.request, "default_eta_seconds").value_or(900);
  const std::string now = iso_time(context.now_ms);
  json::object contract{{"ackSchemaRef", "schema://ansible/ack/1.0.0"}};
  copy_member(p.request, "contract_schema_ref", contract, "inputSchemaRef");
  copy_member(p.request, "contract_schema_ref", contract, "outputSchemaRef");
  json::object m{{"manifestVersion", "1.0.0"},
                 {"compatibilityMode", "strict"},
                 {"contract", std::move(contract)},
                 {"sla",
                  {{"acceptSlaSeconds", 120},
                   {"progressSlaSeconds", std::clamp<std::int64_t>(eta, 300, 86'400)},
                   {"completeSlaSeconds", std::clamp<std::int64_t>(2 * eta, 900, 604'800)}}},
                 {"riskClass", "medium"},
                 {"rollout", {{"mode", "full"}}},
                 {"governance",
                  {{"requiresHumanApprovalForHighRisk", true}, {"signedManifestRequired", false}}},
                 {"provenance",
                  {{"publishedByAgentId", p.actor.id},
                   {"manifestChecksum", checksum_text(std::string(64, '0'))},
                   {"manifestSignature", "unsigned:" + p.actor.id + ':' + now},
                   {"publishedAt", now}}}};
  copy_member(p.request, "capability_id", m, "capabilityId");
  copy_member(p.request, "version", m, "version");
  copy_member(p.request, "owner_agent_id", m, "ownerAgentId");
  copy_member(p.request, "delegation_skill_ref", m, "delegationSkillRef");
  copy_member(p.request, "executor_skill_ref", m, "executorSkillRef");
  return m;
}

Result<Manifest> submitted_manifest(Context& context, const Publication& p) {
  if (!p.request.contains("manifest")) {
    auto flat = read_manifest(flat_manifest(context, p));
    if (!flat.ok()) {
      const std::string pointer = flat_pointer(*text_field(flat.error().details, "pointer"));
      return at(std::move(flat.error()), pointer);
    }
    flat->manifest_checksum = checksum_of(context, *flat);
    return flat;
  }
  const auto within = [](Error error) {
    const std::string pointer = "/manifest" + *text_field(error.details, "pointer");
    return at(std::move(error), pointer);
  };
  auto manifest = read_manifest(object_field(p.request, "manifest"));
  if (!manifest.ok()) return within(std::move(manifest.error()));
  if (auto refusal = refuse_checksum(context, *manifest)) return within(std::move(*refusal));
  return manifest;
}

std::optional<Error> refuse_status(const std::string& status) {
  for (const std::string_view word :
       {catalog_status::kActive, catalog_status::kDeprecated, catalog_status::kDisabled}) {
    if (status == word) return std::nullopt;
  }
  const std::string got = excerpt(json::canonical(json::value(status)), 60);
  return Error{code::kInvalidManifest,
               "status: expected active|deprecated|disabled, got " + got,
               {{"pointer", "/status"}, {"expected", "active|deprecated|disabled"}, {"got", got}}};
}

// CAP-4: what was published under a version stays what it is.
std::optional<Error> refuse_other_content(const Publication& p) {
  if (!p.stored || !p.known) return std::nullopt;
  const bool same_content = canonical_content(*p.stored) == canonical_content(p.manifest);
  if (same_content && p.name == p.known->name) return std::nullopt;
  return Error{code::kConflict,
               p.manifest.capability_id + " " + p.manifest.version + " was published before with " +
                   (same_content ? "the name '" + p.known->name + "'" : "other content") +
                   "; versions are immutable: publish the change under a new version",
               {{"manifestKey", manifest_key(p.manifest.capability_id, p.manifest.version)},
                {"manifestChecksum", p.stored->manifest_checksum}}};
}

Error approval_required(const std::string& why) {
  return {code::kApprovalRequired, "approval_required: " + why, {}};
}

// Who approves is authenticated by this very call: the actor, or an agent that the operator may speak for.
Result<std::string> approver(Context& context, const Publication& p) {
  const auto named = text_field(p.request, "approved_by_agent");
  if (!named || *named == p.actor.id) return p.actor.recorded_as();
  const std::string admin = effective_admin(context);
  const std::string wanted = *named == "admin" ? admin : *named;
  if (wanted != p.manifest.published_by_agent_id && wanted != admin) {
    return approval_required("'" + wanted + "' is neither the publisher '" +
                             p.manifest.published_by_agent_id + "' nor the gateway admin '" +
                             admin + "'");
  }
  if (!p.actor.operator_ || !resolve_actor(context, wanted, std::nullopt).ok()) {
    return approval_required("'" + p.actor.id + "' cannot approve in the name of '" + wanted +
                             "'; let them publish, or the gateway's operator");
  }
  return wanted;
}

// Reference 4.5. A version that was approved before stays so.
Result<json::object> approval_of(Context& context, const Publication& p) {
  if (!p.manifest.high_risk()) return json::object{};
  const std::string artifact = trimmed(text_field(p.request, "approval_artifact_id").value_or(""));
  if (artifact.empty() && p.known && !p.known->approval.empty()) return p.known->approval;
  if (artifact.empty()) {
    return approval_required(
        "riskClass is high; name what documents the approval in approval_artifact_id");
  }
  const auto by = approver(context, p);
  if (!by.ok()) return by.error();
  json::object approval{{"required", true},
                        {"approvalArtifactId", artifact},
                        {"approvedAt", context.now_ms},
                        {"approvedByAgentId", *by},
                        {"approvedByNodeId", context.node_id()}};
  set_field(approval, "note", text_field(p.request, "approval_note"));
  return approval;
}

Effect effect_of(const Publication& p) {
  if (p.status != catalog_status::kActive) return Effect::kShelve;
  if (p.revision.active_version == p.manifest.version) return Effect::kKeep;
  if (p.revision.pending_version == p.manifest.version) return Effect::kKeepCanary;
  const bool proven = p.known && p.known->activated_at;
  return p.manifest.rollout_mode == "canary" && !proven ? Effect::kCanary : Effect::kActivate;
}

std::optional<Error> read_request(Context& context, Publication& p) {
  p.status = text_field(p.request, "status").value_or(std::string(catalog_status::kActive));
  if (auto refusal = refuse_status(p.status)) return refusal;
  if (!p.rollback) {
    auto manifest = submitted_manifest(context, p);
    if (!manifest.ok()) return std::move(manifest.error());
    p.manifest = std::move(*manifest);
  } else {
    p.manifest = *load_manifest(context.txn, named_capability(p), named_version(p));
  }
  const std::string& capability = p.manifest.capability_id;
  p.stored = load_manifest(context.txn, capability, p.manifest.version);
  p.known = load_catalog(context.txn, capability, p.manifest.version);
  p.name = text_field(p.request, "name").value_or(p.known ? p.known->name : capability);
  p.revision = load_revision(context.txn, capability).value_or(RevisionRecord{});
  p.previous_active = p.revision.active_version;
  return refuse_other_content(p);
}

}  // namespace

Result<GateNote> check_schema(Context& context, Publication& p) {
  if (auto refusal = refuse_secrets(p.request)) return std::move(*refusal);
  if (auto refusal = read_request(context, p)) return std::move(*refusal);
  auto approval = approval_of(context, p);
  if (!approval.ok()) return std::move(approval.error());
  p.approval = std::move(*approval);
  p.effect = effect_of(p);
  return passed(p.stored ? "known version, same content" : "manifest 1.0.0, new version");
}

}  // namespace ansible
