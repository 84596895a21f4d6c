// ansible_capability_unpublish: the gates U0 ... U4 (CAP-1, CAP-7, CAP-13, CAP-14; reference 4.8).
#include <set>
#include <utility>

#include "capabilities/capability_store.hpp"
#include "capabilities/distribution.hpp"
#include "capabilities/pipeline.hpp"
#include "capabilities/publish.hpp"
#include "capabilities/rights.hpp"
#include "capabilities/rollout.hpp"
#include "capabilities/wiring.hpp"
#include "core/fields.hpp"
#include "core/text.hpp"
#include "messages/lifecycle_event.hpp"

namespace ansible {
namespace {

// Filled gate by gate.
struct Withdrawal {
  Actor actor;
  RevisionRecord revision;
  std::string version{};             // that stands for the capability
  std::set<std::string> versions{};  // those that were in use
  json::object unwound{};            // the evidence
  bool changed = false;
  std::size_t tasks_cancelled = 0;
  std::optional<std::string> event{};
};

Result<GateNote> authorise(Context& context, Withdrawal& w) {
  if (auto refusal = refuse_stranger(context, w.actor, w.revision, "withdraw")) {
    return std::move(*refusal);
  }
  return passed("by " + w.actor.recorded_as());
}

Result<GateNote> disable_routing(Context& context, Withdrawal& w) {
  RevisionRecord& r = w.revision;
  w.version = head_version(r);
  for (const auto& version : {std::optional(w.version), r.active_version, r.pending_version}) {
    if (version) w.versions.insert(*version);
  }
  for (const std::string& version : w.versions) {
    auto catalog = load_catalog(context.txn, r.capability_id, version);
    if (!catalog || catalog->status == catalog_status::kDisabled) continue;
    catalog->status = catalog_status::kDisabled;
    save_catalog(context.txn, *catalog);
    w.changed = true;
  }
  if (!w.changed) return skipped("already withdrawn");
  save_index(context.txn, {.capability_id = r.capability_id,
                           .eligible_agent_ids = {},
                           .policy_version = policy_version(context.now_ms),
                           .updated_at = context.now_ms});
  erase_canary(context.txn, r.capability_id);
  return passed("nobody is eligible");
}

Result<GateNote> unwire(Context& context, Withdrawal& w) {
  json::array scanned;
  json::array changed;
  json::array steps;
  for (const std::string& version :
       std::set(w.revision.versions.begin(), w.revision.versions.end())) {
    json::object step = unwire_version(context, w.revision.capability_id, version, w.actor.id);
    scanned.push_back(step.at("manifestKey"));
    if (touched(step)) changed.push_back(step.at("manifestKey"));
    steps.push_back(std::move(step));
  }
  const std::string detail =
      "scanned " + std::to_string(scanned.size()) + ", touched " + std::to_string(changed.size());
  const bool nothing = changed.empty();
  w.unwound = {{"capabilityId", w.revision.capability_id},
               {"at", context.now_ms},
               {"manifestKeysScanned", std::move(scanned)},
               {"manifestKeysTouched", std::move(changed)},
               {"steps", std::move(steps)}};
  return nothing ? skipped(detail) : passed(detail);
}

Result<GateNote> archive(Context& context, Withdrawal& w) {
  if (!w.changed) return skipped("already archived");
  RevisionRecord& r = w.revision;
  std::set<std::string> archived(r.archived_versions.begin(), r.archived_versions.end());
  archived.insert(w.versions.begin(), w.versions.end());
  r.archived_versions.assign(archived.begin(), archived.end());
  r.active_version.reset();
  r.pending_version.reset();
  r.current_owner_agent_id.reset();
  r.last_failover_from_agent_id.reset();
  r.last_failover_at.reset();
  r.latest_version = w.version;
  r.updated_at = context.now_ms;
  r.updated_by_agent_id = w.actor.id;
  r.last_action = "unpublished";
  save_revision(context.txn, r);
  w.tasks_cancelled = cancel_distribution(context, r.capability_id, w.actor.id);
  return passed("archived " + listed({w.versions.begin(), w.versions.end()}) + "; " +
                std::to_string(w.tasks_cancelled) + " distribution tasks called off");
}

Result<GateNote> emit(Context& context, Withdrawal& w) {
  if (!w.changed) return skipped("nothing changed");
  const std::string& id = w.revision.capability_id;
  w.event = broadcast_event(
      context, "capability_unpublished", w.actor.id,
      "Capability " + id + " was withdrawn by " + w.actor.id,
      {{"capabilityId", id}, {"version", w.version}, {"unpublishedByAgentId", w.actor.id}});
  return passed("capability_unpublished");
}

constexpr Gate<Withdrawal> kGates[] = {
    {"U0_AUTHZ", authorise}, {"U1_DISABLE_ROUTING", disable_routing},
    {"U2_UNWIRE", unwire},   {"U3_ARCHIVE", archive},
    {"U4_EMIT", emit},
};

}  // namespace

ToolResult capability_unpublish(Context& context, const Args& args) {
  auto actor = resolve_actor(context, args);
  if (!actor.ok()) return std::move(actor.error());
  const std::string id = trimmed(*args.text("capability_id"));
  auto revision = load_revision(context.txn, id);
  if (!revision) {
    return Error{code::kNotFound,
                 "capability '" + id +
                     "' was never published; ansible_list_capabilities shows what there is",
                 {}};
  }
  Withdrawal w{.actor = std::move(*actor), .revision = std::move(*revision)};
  PipelineRun run = run_gates<Withdrawal>(context, w, kGates);
  if (run.failure) {
    run.failure->details["unpublishPipeline"] = std::move(run.gates);
    return std::move(*run.failure);
  }
  save_pipeline(context.txn, {.capability_id = w.revision.capability_id,
                              .version = w.version,
                              .action = "unpublish",
                              .outcome = "passed",
                              .at = context.now_ms,
                              .by_agent_id = w.actor.id,
                              .gates = run.gates});
  const auto catalog = load_catalog(context.txn, id, w.version);
  return json::object{
      {"success", true},
      {"capability", catalog ? json::value(to_json(*catalog)) : json::value(nullptr)},
      {"revision", to_json(w.revision)},
      {"lifecycleMessageId", w.event ? json::value(*w.event) : json::value(nullptr)},
      {"unpublishPipeline", std::move(run.gates)},
      {"unwindEvidence", std::move(w.unwound)},
      {"distributionTasksCancelled", w.tasks_cancelled}};
}

}  // namespace ansible
