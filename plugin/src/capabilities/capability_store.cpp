#include "capabilities/capability_store.hpp"

#include "core/fields.hpp"
#include "core/keys.hpp"

namespace ansible {
namespace {

template <class Record>
std::optional<Record> load(Transaction& txn, const std::string& key,
                           Record (*read)(const json::object&)) {
  const auto stored = txn.get(key);
  if (!stored) return std::nullopt;
  return read(parse_document(key, *stored));
}

template <class Record>
void save(Transaction& txn, const std::string& key, const Record& record) {
  txn.put(key, json::canonical(to_json(record)));
}

template <class Record>
std::vector<Record> load_all(Transaction& txn, const std::string& prefix,
                             Record (*read)(const json::object&)) {
  std::vector<Record> out;
  for (const auto& [key, value] : collect(txn, prefix, prefix_end(prefix), {.limit = SIZE_MAX})) {
    out.push_back(read(parse_document(key, value)));
  }
  return out;
}

}  // namespace

std::optional<CatalogRecord> load_catalog(Transaction& txn, std::string_view capability,
                                          std::string_view version) {
  return load(txn, key::cap_catalog(capability, version), catalog_from_json);
}
std::optional<Manifest> load_manifest(Transaction& txn, std::string_view capability,
                                      std::string_view version) {
  return load(txn, key::cap_manifest(capability, version), manifest_from_json);
}
std::optional<InstallStage> load_stage(Transaction& txn, std::string_view capability,
                                       std::string_view version) {
  return load(txn, key::cap_stage(capability, version), stage_from_json);
}
std::optional<Wiring> load_wiring(Transaction& txn, std::string_view capability,
                                  std::string_view version) {
  return load(txn, key::cap_wiring(capability, version), wiring_from_json);
}
std::optional<RevisionRecord> load_revision(Transaction& txn, std::string_view capability) {
  return load(txn, key::cap_revision(capability), revision_from_json);
}
std::optional<IndexRecord> load_index(Transaction& txn, std::string_view capability) {
  return load(txn, key::cap_index(capability), index_from_json);
}
std::optional<CapabilityCanary> load_canary(Transaction& txn, std::string_view capability) {
  return load(txn, key::cap_canary(capability), canary_from_json);
}
std::optional<PipelineRecord> load_pipeline(Transaction& txn, std::string_view capability) {
  return load(txn, key::cap_pipeline(capability), pipeline_from_json);
}

void save_catalog(Transaction& txn, const CatalogRecord& record) {
  save(txn, key::cap_catalog(record.capability_id, record.version), record);
}
void save_manifest(Transaction& txn, const Manifest& manifest) {
  save(txn, key::cap_manifest(manifest.capability_id, manifest.version), manifest);
}
void save_stage(Transaction& txn, const InstallStage& stage) {
  save(txn, key::cap_stage(stage.capability_id, stage.version), stage);
}
void save_wiring(Transaction& txn, const Wiring& wiring) {
  save(txn, key::cap_wiring(wiring.capability_id, wiring.version), wiring);
}
void save_revision(Transaction& txn, const RevisionRecord& revision) {
  save(txn, key::cap_revision(revision.capability_id), revision);
}
void save_index(Transaction& txn, const IndexRecord& index) {
  save(txn, key::cap_index(index.capability_id), index);
}
void save_pipeline(Transaction& txn, const PipelineRecord& pipeline) {
  save(txn, key::cap_pipeline(pipeline.capability_id), pipeline);
}
void save_canary(Transaction& txn, const CapabilityCanary& canary) {
  save(txn, key::cap_canary(canary.capability_id), canary);
}
void erase_canary(Transaction& txn, std::string_view capability) {
  txn.erase(key::cap_canary(capability));
}

std::vector<CatalogRecord> catalog_versions(Transaction& txn, std::string_view capability) {
  return load_all(txn, key::cap_catalog(capability, ""), catalog_from_json);
}

std::string head_version(const RevisionRecord& revision) {
  return revision.active_version.value_or(revision.latest_version);
}

std::vector<RevisionRecord> all_revisions(Transaction& txn) {
  return load_all(txn, "cap-revision/", revision_from_json);
}
std::vector<CapabilityCanary> all_canaries(Transaction& txn) {
  return load_all(txn, "cap-canary/", canary_from_json);
}

std::string manifest_key(std::string_view capability, std::string_view version) {
  return std::string(capability) + ':' + std::string(version);
}

}  // namespace ansible
