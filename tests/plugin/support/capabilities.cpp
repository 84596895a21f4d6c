#include "plugin/support/capabilities.hpp"

#include <algorithm>

#include "capabilities/capability_store.hpp"

namespace ansible_test {

using namespace ansible;

namespace {

CatalogRecord catalog_of(const Manifest& m, std::string_view status, std::int64_t now_ms) {
  return {.capability_id = m.capability_id,
          .name = m.capability_id,
          .version = m.version,
          .status = std::string(status),
          .owner_agent_id = m.owner_agent_id,
          .owner_node_id = "node-a",
          .delegation_skill = m.delegation_skill,
          .executor_skill = m.executor_skill,
          .contract_schema_ref = m.input_schema_ref,
          .default_eta_seconds = m.complete_sla_seconds,
          .published_at = now_ms,
          .published_by_agent_id = m.owner_agent_id,
          .approval = {}};
}

RevisionRecord revision_with(Transaction& txn, const Manifest& m) {
  auto revision = load_revision(txn, m.capability_id).value_or(RevisionRecord{});
  revision.capability_id = m.capability_id;
  auto& versions = revision.versions;
  if (std::find(versions.begin(), versions.end(), m.version) == versions.end()) {
    versions.push_back(m.version);
  }
  return revision;
}

void set_status(Transaction& txn, std::string_view cap, std::string_view version,
                std::string_view status) {
  auto record = load_catalog(txn, cap, version);
  if (!record) return;
  record->status = status;
  save_catalog(txn, *record);
}

}  // namespace

Manifest manifest_of(std::string_view cap, std::string_view owner, std::string_view version) {
  Manifest m;
  m.capability_id = cap;
  m.version = version;
  m.owner_agent_id = owner;
  m.delegation_skill = {
      .name = "ask-" + std::string(cap), .version = "1.0.0", .path = {}, .source = {}};
  m.executor_skill = {
      .name = "do-" + std::string(cap), .version = "1.0.0", .path = {}, .source = {}};
  m.input_schema_ref = "schema://in/1";
  m.published_by_agent_id = owner;
  return m;
}

void install(World& world, const Manifest& m) {
  in_store(world, [&](Context& context) {
    Transaction& txn = context.txn;
    RevisionRecord revision = revision_with(txn, m);
    if (revision.active_version && *revision.active_version != m.version) {
      set_status(txn, m.capability_id, *revision.active_version, catalog_status::kDeprecated);
    }
    revision.active_version = m.version;
    revision.current_owner_agent_id = m.owner_agent_id;
    save_manifest(txn, m);
    save_catalog(txn, catalog_of(m, catalog_status::kActive, context.now_ms));
    save_revision(txn, revision);
    save_index(txn, {.capability_id = m.capability_id,
                     .eligible_agent_ids = {m.owner_agent_id},
                     .policy_version = "cpv_1",
                     .updated_at = context.now_ms});
  });
}

void install_canary(World& world, const Manifest& m, const std::vector<std::string>& executors,
                    std::int64_t soak_seconds) {
  in_store(world, [&](Context& context) {
    RevisionRecord revision = revision_with(context.txn, m);
    revision.pending_version = m.version;
    save_manifest(context.txn, m);
    save_catalog(context.txn, catalog_of(m, catalog_status::kCanary, context.now_ms));
    save_revision(context.txn, revision);
    save_canary(context.txn, {.capability_id = m.capability_id,
                              .version = m.version,
                              .executors = executors,
                              .started_at = context.now_ms,
                              .soak_until = context.now_ms + soak_seconds * 1000,
                              .verdict = ""});
  });
}

void disable(World& world, std::string_view cap) {
  in_store(world, [&](Context& context) {
    auto revision = load_revision(context.txn, cap);
    auto index = load_index(context.txn, cap);
    set_status(context.txn, cap, *revision->active_version, catalog_status::kDisabled);
    revision->active_version.reset();
    index->eligible_agent_ids.clear();
    save_revision(context.txn, *revision);
    save_index(context.txn, *index);
  });
}

void in_store(World& world, const std::function<void(Context&)>& act) {
  MapTransaction txn(world.store, static_cast<std::uint64_t>(world.now_ms), 0);
  Context context{.txn = txn, .config = world.config, .now_ms = world.now_ms};
  context.node.id = world.node_id;
  context.caller = CallerKind::kHost;
  act(context);
  txn.commit();
}

}  // namespace ansible_test
