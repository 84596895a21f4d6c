#include "capabilities/rollout.hpp"

#include <algorithm>
#include <utility>

#include "actors/agent_store.hpp"
#include "capabilities/capability_store.hpp"
#include "capabilities/distribution.hpp"
#include "capabilities/wiring.hpp"
#include "coordination/skills.hpp"
#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/keys.hpp"
#include "messages/lifecycle_event.hpp"

namespace ansible {
namespace {

void archive(RevisionRecord& revision, std::string_view version) {
  auto& archived = revision.archived_versions;
  const auto at = std::lower_bound(archived.begin(), archived.end(), version);
  if (at == archived.end() || *at != version) archived.emplace(at, version);
}

void set_eligible(Context& context, std::string_view capability,
                  const std::vector<std::string>& agents) {
  const auto before = load_index(context.txn, capability);
  if (before && before->eligible_agent_ids == agents) return;
  save_index(context.txn, {.capability_id = std::string(capability),
                           .eligible_agent_ids = agents,
                           .policy_version = policy_version(context.now_ms),
                           .updated_at = context.now_ms});
}

// A version that another one replaces.
void supersede(Context& context, RevisionRecord& revision,
               const std::optional<std::string>& version, std::string_view by) {
  if (version) retire(context, revision, *version, catalog_status::kDeprecated, by);
}

void save_with(Context& context, RevisionRecord& revision, std::string_view action,
               std::string_view version) {
  revision.last_action = action;
  revision.latest_version = version;
  revision.updated_at = context.now_ms;
  revision.updated_by_agent_id = context.node_id();
  save_revision(context.txn, revision);
}

// The enabled internal agents of a node (which may have the name of one of them); an agent id is itself.
std::vector<std::string> agents_behind(Context& context, const std::string& target) {
  std::vector<std::string> found;
  if (context.txn.get(key::node(target))) {
    for (const Agent& agent : agents_at(context.txn, target)) {
      if (agent.enabled()) found.push_back(agent.id);
    }
  }
  if (found.empty() && can_receive(context.txn, target)) found.push_back(target);
  return found;
}

}  // namespace

std::string policy_version(std::int64_t now_ms) { return "cpv_" + iso_time(now_ms); }

void open_index(Context& context, std::string_view capability) {
  if (!load_index(context.txn, capability)) set_eligible(context, capability, {});
}

json::object retire(Context& context, RevisionRecord& revision, std::string_view version,
                    std::string_view status, std::string_view by) {
  if (revision.pending_version == version) {
    revision.pending_version.reset();
    erase_canary(context.txn, revision.capability_id);
  }
  if (revision.active_version == version) {
    revision.active_version.reset();
    set_eligible(context, revision.capability_id, {});
  }
  archive(revision, version);
  if (auto catalog = load_catalog(context.txn, revision.capability_id, version)) {
    catalog->status = status;
    save_catalog(context.txn, *catalog);
  }
  return unwire_version(context, revision.capability_id, version, by);
}

void activate(Context& context, RevisionRecord& revision, CatalogRecord& catalog,
              std::string_view by) {
  if (revision.pending_version == catalog.version) {
    revision.pending_version.reset();
    erase_canary(context.txn, catalog.capability_id);
  }
  supersede(context, revision, revision.pending_version, by);
  if (revision.active_version != catalog.version) {
    supersede(context, revision, revision.active_version, by);
  }
  std::erase(revision.archived_versions, catalog.version);
  revision.active_version = catalog.version;
  revision.current_owner_agent_id = catalog.owner_agent_id;
  revision.last_failover_from_agent_id.reset();
  revision.last_failover_at.reset();
  catalog.status = catalog_status::kActive;
  if (!catalog.activated_at) catalog.activated_at = context.now_ms;
  save_catalog(context.txn, catalog);
  set_eligible(context, catalog.capability_id, {catalog.owner_agent_id});
  add_skill(context.txn, catalog.owner_agent_id, catalog.executor_skill.name);
  request_distribution(context, catalog);
}

void start_canary(Context& context, RevisionRecord& revision, CatalogRecord& catalog,
                  std::vector<std::string> executors, std::string_view by) {
  supersede(context, revision, revision.pending_version, by);
  std::erase(revision.archived_versions, catalog.version);
  revision.pending_version = catalog.version;
  catalog.status = catalog_status::kCanary;
  save_catalog(context.txn, catalog);
  open_index(context, catalog.capability_id);
  save_canary(context.txn,
              {.capability_id = catalog.capability_id,
               .version = catalog.version,
               .executors = std::move(executors),
               .started_at = context.now_ms,
               .soak_until = context.now_ms + context.config.capability_soak_seconds * 1000,
               .verdict = ""});
}

Result<std::vector<std::string>> canary_executors(Context& context,
                                                  const std::vector<std::string>& targets,
                                                  const std::string& owner) {
  std::vector<std::string> executors;
  for (const std::string& target : targets) {
    const std::vector<std::string> agents = agents_behind(context, target);
    if (agents.empty()) {
      return Error{code::kRolloutFailed,
                   "canary target '" + target +
                       "' is no registered, enabled agent, nor a node that has one; "
                       "ansible_list_agents shows who is",
                   {{"target", target}}};
    }
    for (const std::string& agent : agents) {
      if (std::find(executors.begin(), executors.end(), agent) == executors.end()) {
        executors.push_back(agent);
      }
    }
  }
  if (executors.empty()) executors.push_back(owner);
  return executors;
}

void promote_canary(Context& context, std::string_view capability) {
  auto revision = load_revision(context.txn, capability);
  const auto canary = load_canary(context.txn, capability);
  if (!revision || !canary) return;
  auto catalog = load_catalog(context.txn, capability, canary->version);
  if (!catalog) return;
  const auto previous = revision->active_version;
  activate(context, *revision, *catalog, context.node_id());
  save_with(context, *revision, "promoted", canary->version);
  json::object metadata{{"capabilityId", capability},
                        {"version", canary->version},
                        {"status", catalog->status},
                        {"ownerAgentId", catalog->owner_agent_id},
                        {"promoted", true}};
  set_field(metadata, "previousActiveVersion", previous);
  broadcast_event(context, "capability_published", context.node_id(),
                  "Capability " + std::string(capability) + " " + canary->version +
                      " has passed its canary and is active",
                  std::move(metadata));
}

void roll_back_canary(Context& context, std::string_view capability, std::string_view reason) {
  auto revision = load_revision(context.txn, capability);
  const auto canary = load_canary(context.txn, capability);
  if (!revision || !canary) return;
  retire(context, *revision, canary->version, catalog_status::kDisabled, context.node_id());
  save_with(context, *revision, "canary_rolled_back", canary->version);
  json::object metadata{{"gate", "G7_ROLLOUT"},       {"capabilityId", capability},
                        {"version", canary->version}, {"rollbackState", "performed"},
                        {"rollbackPerformed", true},  {"reason", reason}};
  set_field(metadata, "activeVersion", revision->active_version);
  broadcast_event(context, "capability_publish_rollback", context.node_id(),
                  "The canary of capability " + std::string(capability) + " " + canary->version +
                      " was rolled back: " + std::string(reason),
                  std::move(metadata));
}

}  // namespace ansible
