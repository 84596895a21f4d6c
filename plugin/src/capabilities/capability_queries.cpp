// ansible_list_capabilities and ansible_capability_lifecycle_evidence (reference 4.9; CAP-15).
#include <algorithm>
#include <utility>

#include "actors/actor.hpp"
#include "capabilities/capability_store.hpp"
#include "capabilities/publish.hpp"
#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/secrets.hpp"
#include "core/text.hpp"

namespace ansible {
namespace {

template <class Record>
json::value or_null(const std::optional<Record>& record) {
  return record ? json::value(to_json(*record)) : json::value(nullptr);
}

// The executors of a version: those of its canary, else of the index.
json::object entry_of(Transaction& txn, const CatalogRecord& catalog) {
  json::object entry{{"catalog", to_json(catalog)}};
  if (catalog.status == catalog_status::kCanary) {
    if (const auto canary = load_canary(txn, catalog.capability_id)) {
      entry["canary"] = to_json(*canary);
    }
    return entry;
  }
  const auto index = load_index(txn, catalog.capability_id);
  if (index) entry["index"] = to_json(*index);
  return entry;
}

void add_current(Transaction& txn, const RevisionRecord& revision, json::array& out) {
  const std::string head = head_version(revision);
  if (const auto catalog = load_catalog(txn, revision.capability_id, head)) {
    out.push_back(entry_of(txn, *catalog));
  }
  if (!revision.pending_version || revision.pending_version == head) return;
  if (const auto catalog = load_catalog(txn, revision.capability_id, *revision.pending_version)) {
    out.push_back(entry_of(txn, *catalog));
  }
}

void add_with_status(Transaction& txn, const RevisionRecord& revision, std::string_view status,
                     json::array& out) {
  for (const CatalogRecord& catalog : catalog_versions(txn, revision.capability_id)) {
    if (catalog.status == status) out.push_back(entry_of(txn, catalog));
  }
}

std::vector<std::string> sorted(std::vector<std::string> ids) {
  std::sort(ids.begin(), ids.end());
  return ids;
}

// Reference 4.9: compact JSON with its members in this order, the stage's targets before the wiring's.
std::string fingerprint(Transaction& txn, const CatalogRecord& catalog,
                        const std::optional<InstallStage>& stage,
                        const std::optional<Wiring>& wiring) {
  std::vector<std::string> executors;
  std::vector<std::string> delegates;
  if (stage) {
    executors = sorted(stage->executor_target_agent_ids);
    delegates = sorted(stage->delegation_target_agent_ids);
  } else if (wiring) {
    executors = sorted(wiring->executor_target_agent_ids);
    delegates = sorted(wiring->delegation_target_agent_ids);
  }
  const std::pair<std::string_view, json::value> members[] = {
      {"capabilityId", json::value(catalog.capability_id)},
      {"version", json::value(catalog.version)},
      {"ownerAgentId", json::value(catalog.owner_agent_id)},
      {"installStatus", stage ? json::value(stage->status) : json::value(nullptr)},
      {"activeWiring", wiring && wiring->active},
      {"executorTargets", to_array(executors)},
      {"delegationTargets", to_array(delegates)},
  };
  std::string text;
  for (const auto& [name, value] : members) {
    text += (text.empty() ? "{\"" : ",\"") + std::string(name) + "\":" + json::canonical(value);
  }
  return "sha256:" + hex(txn.sha256(text + '}'));
}

Error unknown(const std::string& id, const std::optional<RevisionRecord>& revision,
              const std::string& version) {
  if (!revision) {
    return {code::kNotFound,
            "capability '" + id +
                "' was never published; ansible_list_capabilities shows what there is",
            {}};
  }
  return {code::kNotFound,
          "capability '" + id + "' has no version '" + version + "'; there is " +
              listed(revision->versions),
          {{"versions", to_array(revision->versions)}}};
}

}  // namespace

ToolResult list_capabilities(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  const auto status = args.text("status");
  json::array capabilities;
  for (const RevisionRecord& revision : all_revisions(context.txn)) {
    if (status) {
      add_with_status(context.txn, revision, *status, capabilities);
    } else {
      add_current(context.txn, revision, capabilities);
    }
  }
  const std::size_t total = capabilities.size();
  return json::object{{"capabilities", std::move(capabilities)}, {"total", total}};
}

ToolResult capability_lifecycle_evidence(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  Transaction& txn = context.txn;
  const std::string id = trimmed(*args.text("capability_id"));
  const auto revision = load_revision(txn, id);
  std::string version = trimmed(args.text_or("version", ""));
  if (version.empty() && revision) version = head_version(*revision);
  const auto catalog = load_catalog(txn, id, version);
  if (!catalog) return unknown(id, revision, version);
  const auto stage = load_stage(txn, id, version);
  const auto wiring = load_wiring(txn, id, version);
  const json::object evidence{{"capabilityId", id},
                              {"version", version},
                              {"manifestKey", manifest_key(id, version)},
                              {"catalog", to_json(*catalog)},
                              {"revision", or_null(revision)},
                              {"installStage", or_null(stage)},
                              {"wiring", or_null(wiring)},
                              {"lifecycleFingerprint", fingerprint(txn, *catalog, stage, wiring)},
                              {"lastPipeline", or_null(load_pipeline(txn, id))},
                              {"capturedAt", context.now_ms}};
  return redacted(evidence).get_object();
}

}  // namespace ansible
