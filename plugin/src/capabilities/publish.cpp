// ansible_capability_publish and ansible_capability_rollback: one transaction (CAP-2, CAP-6; reference 4.6).
#include "capabilities/publish.hpp"

#include <array>
#include <utility>

#include "capabilities/capability_store.hpp"
#include "capabilities/manifest_form.hpp"
#include "core/fields.hpp"
#include "core/nested_view.hpp"
#include "core/secrets.hpp"
#include "core/text.hpp"
#include "messages/lifecycle_event.hpp"

namespace ansible {
namespace {

// From here on a publish has written something, in its view.
bool writes(std::string_view gate) { return gate >= "G4"; }

void record(Context& context, const Publication& p, const json::array& gates, bool passed) {
  save_pipeline(context.txn, {.capability_id = named_capability(p),
                              .version = named_version(p),
                              .action = p.rollback ? "rollback" : "publish",
                              .outcome = passed ? "passed" : "failed",
                              .at = context.now_ms,
                              .by_agent_id = p.actor.id,
                              .gates = redacted(gates).get_array()});
}

// What may be said about a request that nobody has looked through yet: nothing that might be a secret.
std::string shown_name(const Publication& p) {
  const std::string name = trimmed(named_capability(p) + ' ' + named_version(p));
  return std::string(redacted(json::value(name)).as_string());
}

// A record needs a capability's id, and one that is no secret.
bool recordable(const Publication& p) {
  const std::string id = named_capability(p);
  return !id.empty() && redacted(json::value(id)) == json::value(id);
}

void tell_failure(Context& context, const Publication& p, const PipelineRun& run) {
  json::object metadata{
      {"gate", run.failed_gate}, {"code", run.failure->code}, {"publishPipeline", run.gates}};
  if (const std::string id = named_capability(p); !id.empty()) metadata["capabilityId"] = id;
  if (const std::string version = named_version(p); !version.empty()) metadata["version"] = version;
  const std::string what = "Publishing " + shown_name(p) + " failed at " +
                           std::string(run.failed_gate) + " (" + std::string(run.failure->code) +
                           ")";
  broadcast_event(context, "capability_publish_gate_failed", p.actor.id, what, metadata);
  if (!writes(run.failed_gate)) return;
  metadata["rollbackState"] = "performed";
  metadata["rollbackPerformed"] = true;
  broadcast_event(context, "capability_publish_rollback", p.actor.id,
                  what + "; nothing of it was kept", std::move(metadata));
}

ToolResult refuse(Context& context, const Publication& p, PipelineRun run) {
  tell_failure(context, p, run);
  if (run.failed_gate != "G0_AUTHZ" && recordable(p)) record(context, p, run.gates, false);
  Error error = std::move(*run.failure);
  error.text += "; failed at " + std::string(run.failed_gate);
  error.details["gate"] = run.failed_gate;
  error.details["publishPipeline"] = std::move(run.gates);
  error.details["rollbackRequired"] = writes(run.failed_gate);
  error.details["rollbackPerformed"] = writes(run.failed_gate);
  return RecordedRefusal{std::move(error)};
}

std::string tell_success(Context& context, const Publication& p) {
  const CatalogRecord& c = p.catalog;
  json::object metadata{{"capabilityId", c.capability_id},
                        {"version", c.version},
                        {"status", c.status},
                        {"ownerAgentId", c.owner_agent_id},
                        {"publishedByAgentId", c.published_by_agent_id}};
  set_field(metadata, "previousActiveVersion", p.previous_active);
  if (p.rollback) metadata["rollback"] = true;
  if (!p.approval.empty()) metadata["approval"] = p.approval;
  return broadcast_event(context, "capability_published", p.actor.id,
                         "Capability " + c.capability_id + " " + c.version + " is published (" +
                             c.status + ") by " + p.actor.id,
                         std::move(metadata));
}

json::value distribution_of(Context& context, const Publication& p) {
  if (p.effect != Effect::kActivate) return nullptr;
  const auto stage = load_stage(context.txn, p.catalog.capability_id, p.catalog.version);
  return {{"targets", to_array(stage->delegation_target_agent_ids)}};
}

json::object published(Context& context, const Publication& p, PipelineRun run,
                       const std::string& event) {
  const std::string& capability = p.catalog.capability_id;
  const std::string key = manifest_key(capability, p.catalog.version);
  json::object reply{
      {"success", true},
      {"manifest", to_json(p.manifest)},
      {"provenanceVerification", p.provenance},
      {"approval", p.approval.empty() ? json::value(nullptr) : json::value(p.approval)},
      {"manifestKey", key},
      {"capability", to_json(p.catalog)},
      {"index", to_json(*load_index(context.txn, capability))},
      {"revision", to_json(p.revision)},
      {"lifecycleMessageId", event},
      {"publishPipeline", std::move(run.gates)},
      {"lifecycleCoreEvidence", {{"manifestKey", key}, {"install", p.install}, {"wire", p.wire}}},
      {"skillDistributionTask", distribution_of(context, p)}};
  if (p.previous_active != p.catalog.version) {
    set_field(reply, "previousActiveVersion", p.previous_active);
  }
  if (const auto canary = load_canary(context.txn, capability)) reply["canary"] = to_json(*canary);
  return reply;
}

constexpr std::array<std::string_view, 7> kFlat = {"capability_id",      "version",
                                                   "owner_agent_id",     "delegation_skill_ref",
                                                   "executor_skill_ref", "contract_schema_ref",
                                                   "default_eta_seconds"};

std::optional<Error> refuse_both_forms(const Args& args) {
  if (!args.has("manifest")) return std::nullopt;
  for (const std::string_view name : kFlat) {
    if (!args.has(name)) continue;
    return Error{code::kInvalidArgument,
                 std::string(name) + ": expected nothing beside manifest, which says it, got " +
                     brief(args.raw().at(name)),
                 {{"pointer", "/" + std::string(name)},
                  {"expected", "nothing beside manifest"},
                  {"got", brief(args.raw().at(name))}}};
  }
  return std::nullopt;
}

}  // namespace

ToolResult publish_through(Context& context, Publication p,
                           std::span<const Gate<Publication>> gates) {
  NestedView view(context.txn);
  Context inner = context.on(view);
  PipelineRun run = run_gates(inner, p, gates);
  if (run.failure) return refuse(context, p, std::move(run));
  view.merge();
  const std::string event = tell_success(context, p);
  record(context, p, run.gates, true);
  return published(context, p, std::move(run), event);
}

ToolResult capability_publish(Context& context, const Args& args) {
  auto actor = resolve_actor(context, args);
  if (!actor.ok()) return std::move(actor.error());
  if (auto refusal = refuse_both_forms(args)) return std::move(*refusal);
  return publish_through(context, {.actor = std::move(*actor), .request = args.raw()},
                         publish_gates());
}

ToolResult capability_rollback(Context& context, const Args& args) {
  auto actor = resolve_actor(context, args);
  if (!actor.ok()) return std::move(actor.error());
  const std::string capability = trimmed(*args.text("capability_id"));
  const std::string version = trimmed(*args.text("version"));
  if (!load_manifest(context.txn, capability, version)) {
    return Error{code::kNotFound,
                 manifest_key(capability, version) +
                     " was never published; ansible_capability_lifecycle_evidence shows the "
                     "versions of a capability",
                 {}};
  }
  json::object request{{"capability_id", capability}, {"version", version}};
  return publish_through(
      context, {.actor = std::move(*actor), .request = std::move(request), .rollback = true},
      publish_gates());
}

}  // namespace ansible
