#include "capabilities/offer.hpp"

#include <algorithm>
#include <utility>

#include "actors/agent_store.hpp"
#include "capabilities/capability_store.hpp"
#include "coordination/pulse.hpp"
#include "core/ids.hpp"
#include "messages/lifecycle_event.hpp"

namespace ansible {
namespace {

constexpr std::int64_t kStaleMs = 90'000;  // shown in the event; gateway_present decides

using Names = std::vector<std::string>;

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void add(Names& names, const std::string& name) {
  if (!name.empty() && !contains(names, name)) names.push_back(name);
}

Error unavailable(const std::string& capability, std::string_view reason, const std::string& text) {
  return {code::kCapabilityUnavailable,
          "no task was created: capability " + capability + ' ' + text +
              "; ansible_list_capabilities shows what is offered",
          {{"capabilityId", capability}, {"reason", reason}}};
}

Contract contract_of(const CatalogRecord& catalog, const Manifest& manifest) {
  return {.capability_id = catalog.capability_id,
          .version = catalog.version,
          .contract_schema_ref = catalog.contract_schema_ref,
          .default_eta_seconds = catalog.default_eta_seconds,
          .compatibility_mode = manifest.compatibility_mode,
          .risk_class = manifest.risk_class,
          .requires_human_approval = manifest.requires_human_approval_for_high_risk,
          .delegation_skill = catalog.delegation_skill,
          .executor_skill = catalog.executor_skill,
          .sla = {.accept = manifest.accept_sla_seconds,
                  .progress = manifest.progress_sla_seconds,
                  .complete = manifest.complete_sla_seconds}};
}

// The contract, its owner and, in order of preference, everybody who is named for it.
struct Version {
  Contract contract;
  std::string owner;
  Names candidates;
  bool canary = false;
};

std::optional<Version> load_version(Transaction& txn, const std::string& capability,
                                    const std::string& version) {
  const auto catalog = load_catalog(txn, capability, version);
  if (!catalog) return std::nullopt;
  const Manifest manifest = load_manifest(txn, capability, version).value_or(Manifest{});
  Version found{.contract = contract_of(*catalog, manifest),
                .owner = catalog->owner_agent_id,
                .candidates = {}};
  add(found.candidates, found.owner);
  for (const std::string& standby : manifest.standby_owner_agent_ids) {
    add(found.candidates, standby);
  }
  return found;
}

// CAP-11: the canary is for those who take part in it.
std::optional<Version> canary_version(Transaction& txn, const RevisionRecord& revision,
                                      std::string_view creator) {
  if (!revision.pending_version) return std::nullopt;
  const auto canary = load_canary(txn, revision.capability_id);
  if (!canary) return std::nullopt;
  auto version = load_version(txn, revision.capability_id, canary->version);
  if (!version) return std::nullopt;
  if (version->owner != creator && !contains(canary->executors, creator)) return std::nullopt;
  version->candidates = canary->executors;
  version->canary = true;
  return version;
}

std::optional<Version> active_version(Transaction& txn, const RevisionRecord& revision) {
  const auto index = load_index(txn, revision.capability_id);
  if (!revision.active_version || !index || index->eligible_agent_ids.empty()) return std::nullopt;
  auto version = load_version(txn, revision.capability_id, *revision.active_version);
  if (!version) return std::nullopt;
  for (const std::string& agent : index->eligible_agent_ids) add(version->candidates, agent);
  return version;
}

bool present(Context& context, const Agent& agent) {
  return !agent.internal || (agent.gateway && gateway_present(context, *agent.gateway));
}

// Sorts the enabled candidates into those that are there and the others.
void choose_agents(Context& context, const Names& candidates, Offer& offer) {
  Names absent;
  for (const std::string& id : candidates) {
    const auto agent = load_agent(context.txn, id);
    if (!agent || !agent->enabled()) continue;
    (present(context, *agent) ? offer.agents : absent).push_back(id);
  }
  offer.reachable = !offer.agents.empty();
  if (!offer.reachable && !absent.empty()) offer.agents.push_back(absent.front());
}

void set_eligible(Context& context, const std::string& capability, Names agents) {
  save_index(context.txn, {.capability_id = capability,
                           .eligible_agent_ids = std::move(agents),
                           .policy_version = "cpv_" + iso_time(context.now_ms),
                           .updated_at = context.now_ms});
}

}  // namespace

Result<std::optional<Offer>> offer_of(Context& context, const std::string& capability,
                                      std::string_view creator) {
  const auto revision = load_revision(context.txn, capability);
  if (!revision) return std::optional<Offer>{};
  auto version = canary_version(context.txn, *revision, creator);
  if (!version) version = active_version(context.txn, *revision);
  if (!version && revision->pending_version) {
    return unavailable(capability, "only_in_canary",
                       "is in canary, for its canary targets and its owner only");
  }
  if (!version) return unavailable(capability, "not_active", "has no active version");
  Offer offer{.contract = std::move(version->contract),
              .owner = std::move(version->owner),
              .agents = {},
              .canary = version->canary};
  choose_agents(context, version->candidates, offer);
  if (offer.agents.empty()) {
    return unavailable(capability, "no_eligible_agent", "has no enabled agent to execute it");
  }
  return std::optional{std::move(offer)};
}

void record_owner(Context& context, const Offer& offer) {
  if (offer.canary || !offer.reachable) return;
  const std::string& capability = offer.contract.capability_id;
  const std::string& selected = offer.agents.front();
  auto revision = load_revision(context.txn, capability);
  if (!revision || revision->current_owner_agent_id.value_or(offer.owner) == selected) return;
  const bool back = selected == offer.owner;
  revision->current_owner_agent_id = selected;
  revision->last_failover_from_agent_id =
      back ? std::nullopt : std::optional<std::string>(offer.owner);
  revision->last_failover_at = context.now_ms;
  save_revision(context.txn, *revision);
  set_eligible(context, capability, back ? Names{offer.owner} : Names{selected, offer.owner});
  broadcast_event(context, "capability_owner_failover", context.node_id(),
                  "Capability " + capability + ": " +
                      (back ? "its owner '" + selected + "' is back"
                            : "'" + selected + "' stands in for '" + offer.owner + "'"),
                  {{"capabilityId", capability},
                   {"primaryOwner", offer.owner},
                   {"selectedOwner", selected},
                   {"failBack", back},
                   {"staleMsThreshold", kStaleMs}});
}

bool can_execute(Transaction& txn, const Contract& contract, std::string_view agent) {
  const std::string& capability = contract.capability_id;
  const auto catalog = load_catalog(txn, capability, contract.version);
  if (!catalog || catalog->status == catalog_status::kDisabled) return false;
  if (catalog->owner_agent_id == agent) return true;
  const auto manifest = load_manifest(txn, capability, contract.version);
  if (manifest && contains(manifest->standby_owner_agent_ids, agent)) return true;
  const auto index = load_index(txn, capability);
  if (index && contains(index->eligible_agent_ids, agent)) return true;
  const auto canary = load_canary(txn, capability);
  return canary && canary->version == contract.version && contains(canary->executors, agent);
}

}  // namespace ansible
