// The gates of a publish (CAP-1, CAP-5 ... CAP-11, reference 4.6).
#include <algorithm>
#include <utility>

#include "actors/agent_store.hpp"
#include "capabilities/capability_store.hpp"
#include "capabilities/distribution.hpp"
#include "capabilities/manifest_form.hpp"
#include "capabilities/provenance.hpp"
#include "capabilities/publication.hpp"
#include "capabilities/rights.hpp"
#include "capabilities/rollout.hpp"
#include "capabilities/smoke_test.hpp"
#include "capabilities/wiring.hpp"
#include "coordination/pulse.hpp"
#include "core/fields.hpp"
#include "core/text.hpp"

namespace ansible {
namespace {

// A text that the request gives, before anything about it was checked.
std::string given(const Publication& p, std::string_view flat, std::string_view in_manifest) {
  const json::value* manifest = p.request.if_contains("manifest");
  if (manifest == nullptr || !manifest->is_object()) {
    return trimmed(text_field(p.request, flat).value_or(""));
  }
  return trimmed(text_field(manifest->get_object(), in_manifest).value_or(""));
}

std::optional<Error> refuse_publisher(const Publication& p) {
  const json::object provenance = object_field(object_field(p.request, "manifest"), "provenance");
  const std::string publisher = trimmed(text_field(provenance, "publishedByAgentId").value_or(""));
  if (publisher.empty() || publisher == p.actor.id || p.actor.operator_) return std::nullopt;
  return Error{code::kNotAuthorized,
               "the manifest is published by '" + publisher + "', but '" + p.actor.id +
                   "' submits it; only its publisher or the gateway's operator may",
               {{"pointer", "/manifest/provenance/publishedByAgentId"}}};
}

Result<GateNote> authorise(Context& context, Publication& p) {
  if (!p.actor.admin) {
    const auto agent = load_agent(context.txn, p.actor.id);
    if (!agent || !agent->internal) {
      return Error{code::kNotAuthorized,
                   "'" + p.actor.id +
                       "' is not an internal agent; capabilities are published by "
                       "agents that live on a gateway, its admin or its operator",
                   {}};
    }
  }
  if (const auto revision = load_revision(context.txn, named_capability(p))) {
    if (auto refusal = refuse_stranger(context, p.actor, *revision, "update")) {
      return std::move(*refusal);
    }
  }
  if (auto refusal = refuse_publisher(p)) return std::move(*refusal);
  return passed("by " + p.actor.recorded_as());
}

Result<GateNote> check_provenance(Context& context, Publication& p) {
  auto verified = verify_provenance(context, p.manifest);
  if (!verified.ok()) return std::move(verified.error());
  p.provenance = std::move(*verified);
  if (p.stored) p.manifest = *p.stored;  // the first provenance stays (CAP-4)
  return passed(text_field(p.provenance, "mode").value_or(""));
}

// Why this agent cannot own a capability; empty: it can.
std::string owner_problem(const std::optional<Agent>& owner) {
  if (!owner) return "is not registered";
  if (!owner->enabled()) return "is disabled";
  if (!owner->internal) return "is not an internal agent";
  return owner->gateway && !owner->gateway->empty() ? "" : "is bound to no gateway";
}

Error owner_error(std::string_view code, const std::string& owner, const std::string& problem) {
  return {code,
          "owner '" + owner + "' " + problem +
              "; name an enabled internal agent whose gateway is running",
          {{"ownerAgentId", owner}}};
}

Result<GateNote> check_owner(Context& context, Publication& p) {
  const std::string& id = p.manifest.owner_agent_id;
  const auto owner = load_agent(context.txn, id);
  if (const std::string problem = owner_problem(owner); !problem.empty()) {
    return owner_error(code::kOwnerUnavailable, id, problem);
  }
  if (!gateway_present(context, *owner->gateway)) {
    return owner_error(code::kOwnerUnavailable, id,
                       "is on gateway '" + *owner->gateway + "', which has not been seen lately");
  }
  p.owner = *owner;
  return passed("'" + id + "' on '" + *owner->gateway + "'");
}

json::object evidence(const Context& context, std::string_view gate, Applied applied,
                      const std::string& detail) {
  return {{"gate", gate},
          {"action", applied == Applied::kApplied ? "applied" : "idempotent"},
          {"at", context.now_ms},
          {"detail", detail}};
}

GateNote noted(Applied applied, const std::string& detail) {
  return {detail, applied == Applied::kIdempotent};
}

Result<GateNote> install(Context& context, Publication& p) {
  const std::string& id = p.manifest.owner_agent_id;
  const auto owner = load_agent(context.txn, id);
  if (const std::string problem = owner_problem(owner); !problem.empty()) {
    return owner_error(code::kInstallFailed, id, problem);
  }
  const Applied applied =
      stage_version(context,
                    {.capability_id = p.manifest.capability_id,
                     .version = p.manifest.version,
                     .owner_agent_id = id,
                     .executor_target_agent_ids = {id},
                     .delegation_target_agent_ids = distribution_targets(context, id),
                     .status = "staged",
                     .staged_at = 0,
                     .staged_by_agent_id = "",
                     .updated_at = 0,
                     .updated_by_agent_id = ""},
                    p.actor.id);
  const std::string detail =
      applied == Applied::kApplied ? "staged for " + id : "already staged for " + id;
  p.install = evidence(context, "G4_INSTALL_STAGE", applied, detail);
  return noted(applied, detail);
}

Result<GateNote> wire(Context& context, Publication& p) {
  const auto stage = load_stage(context.txn, p.manifest.capability_id, p.manifest.version);
  if (!stage || stage->status == "archived") {
    return Error{code::kWireFailed,
                 p.manifest.capability_id + " " + p.manifest.version + " is not staged",
                 {}};
  }
  if (p.effect == Effect::kShelve) {
    const std::string detail = "published as " + p.status + ": not wired";
    p.wire = evidence(context, "G5_WIRE_STAGE", Applied::kIdempotent, detail);
    return skipped(detail);
  }
  const Applied applied = wire_version(context, *stage, p.actor.id);
  const std::string detail = applied == Applied::kApplied ? "wired" : "already wired";
  p.wire = evidence(context, "G5_WIRE_STAGE", applied, detail);
  return noted(applied, detail);
}

Result<GateNote> smoke(Context& context, Publication& p) {
  if (p.effect == Effect::kShelve) return skipped("published as " + p.status + ": not executed");
  if (auto failure = smoke_test(context, p.manifest)) return std::move(*failure);
  return passed("a synthetic task ran claim, update, complete as '" + p.manifest.owner_agent_id +
                "' in a dropped view");
}

Result<GateNote> roll_out(Context& context, Publication& p) {
  switch (p.effect) {
    case Effect::kActivate:
      return passed(p.known && p.known->activated_at ? "active again at once"
                                                     : "full: active at once");
    case Effect::kCanary: {
      auto executors =
          canary_executors(context, p.manifest.canary_targets, p.manifest.owner_agent_id);
      if (!executors.ok()) return std::move(executors.error());
      p.executors = std::move(*executors);
      return passed("canary on " + listed(p.executors) + " for " +
                    std::to_string(context.config.capability_soak_seconds) + " s");
    }
    case Effect::kKeep: {
      if (!p.rollback || !p.revision.pending_version) return skipped("already active");
      const std::string canary = *p.revision.pending_version;
      retire(context, p.revision, canary, catalog_status::kDisabled, p.actor.id);
      return passed("canary " + canary + " ended");
    }
    case Effect::kKeepCanary:
      return skipped("already in canary");
    case Effect::kShelve:
      return skipped("published as " + p.status + ": not routed to");
  }
  return skipped("");
}

CatalogRecord catalog_of(const Context& context, const Publication& p) {
  const Manifest& m = p.manifest;
  const bool unchanged = p.effect == Effect::kKeep || p.effect == Effect::kKeepCanary;
  CatalogRecord record;
  record.capability_id = m.capability_id;
  record.name = p.name;
  record.version = m.version;
  record.status = unchanged ? p.known->status : p.status;
  record.owner_agent_id = m.owner_agent_id;
  record.owner_node_id = p.owner.gateway.value_or("");
  record.delegation_skill = m.delegation_skill;
  record.executor_skill = m.executor_skill;
  record.contract_schema_ref = m.input_schema_ref;
  record.default_eta_seconds = m.complete_sla_seconds;
  record.published_at = unchanged ? p.known->published_at : context.now_ms;
  record.published_by_agent_id = m.published_by_agent_id;
  if (p.known) record.activated_at = p.known->activated_at;
  record.approval = p.approval;
  return record;
}

void enter_history(const Context& context, Publication& p) {
  RevisionRecord& r = p.revision;
  if (r.capability_id.empty()) {
    r.capability_id = p.manifest.capability_id;
    r.first_publisher = p.manifest.published_by_agent_id;
  }
  if (std::find(r.versions.begin(), r.versions.end(), p.manifest.version) == r.versions.end()) {
    r.versions.push_back(p.manifest.version);
  }
  r.latest_version = p.manifest.version;
  r.updated_at = context.now_ms;
  r.updated_by_agent_id = p.actor.id;
  r.last_action = p.rollback ? "rolled_back" : "published";
}

// Recorded, and out of use if it was in use.
void shelve(Context& context, Publication& p) {
  save_catalog(context.txn, p.catalog);
  const std::string& version = p.manifest.version;
  if (p.revision.active_version == version || p.revision.pending_version == version) {
    retire(context, p.revision, version, p.status, p.actor.id);
  }
}

Result<GateNote> index(Context& context, Publication& p) {
  p.catalog = catalog_of(context, p);
  enter_history(context, p);
  if (!p.stored) save_manifest(context.txn, p.manifest);
  switch (p.effect) {
    case Effect::kActivate:
      activate(context, p.revision, p.catalog, p.actor.id);
      break;
    case Effect::kCanary:
      start_canary(context, p.revision, p.catalog, p.executors, p.actor.id);
      break;
    case Effect::kShelve:
      shelve(context, p);
      break;
    case Effect::kKeep:
    case Effect::kKeepCanary:
      save_catalog(context.txn, p.catalog);
      break;
  }
  open_index(context, p.manifest.capability_id);
  save_revision(context.txn, p.revision);
  return passed("catalogued as " + p.catalog.status);
}

Result<GateNote> check_after(Context& context, Publication& p) {
  const std::string& capability = p.manifest.capability_id;
  const auto catalog = load_catalog(context.txn, capability, p.manifest.version);
  const auto eligible = load_index(context.txn, capability);
  const auto revision = load_revision(context.txn, capability);
  const bool stored = catalog && eligible && revision &&
                      load_manifest(context.txn, capability, p.manifest.version) &&
                      catalog->status == p.catalog.status &&
                      revision->latest_version == p.manifest.version;
  const bool routed =
      stored && revision->active_version.has_value() == !eligible->eligible_agent_ids.empty();
  if (routed) return passed("catalog, index, manifest and revision agree");
  return Error{code::kPostcheckFailed,
               "catalog, index, manifest and revision of " + capability + " " + p.manifest.version +
                   " do not agree after they were written",
               {}};
}

constexpr Gate<Publication> kGates[] = {
    {"G0_AUTHZ", authorise},
    {"G1_SCHEMA", check_schema},
    {"G2_PROVENANCE", check_provenance},
    {"G3_OWNER_LIVENESS", check_owner},
    {"G4_INSTALL_STAGE", install},
    {"G5_WIRE_STAGE", wire},
    {"G6_SMOKE_TEST", smoke},
    {"G7_ROLLOUT", roll_out},
    {"G8_INDEX_ACTIVATE", index},
    {"G9_POSTCHECK", check_after},
};

}  // namespace

std::string named_capability(const Publication& p) {
  std::string id = given(p, "capability_id", "capabilityId");
  return valid_capability_id(id) ? id : "";
}

std::string named_version(const Publication& p) {
  std::string version = given(p, "version", "version");
  return valid_version(version) ? version : "";
}

std::span<const Gate<Publication>> publish_gates() { return kGates; }

}  // namespace ansible
