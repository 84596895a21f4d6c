// Capabilities in the store: one place for their keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/transaction.hpp"
#include "records/capability.hpp"
#include "records/manifest.hpp"

namespace ansible {

// One record per capability and version; nothing when it was never published.
std::optional<CatalogRecord> load_catalog(Transaction& txn, std::string_view capability,
                                          std::string_view version);
std::optional<Manifest> load_manifest(Transaction& txn, std::string_view capability,
                                      std::string_view version);
std::optional<InstallStage> load_stage(Transaction& txn, std::string_view capability,
                                       std::string_view version);
std::optional<Wiring> load_wiring(Transaction& txn, std::string_view capability,
                                  std::string_view version);

// One record per capability. The index belongs to the active version; a version in canary has the executors of its
// CapabilityCanary.
std::optional<RevisionRecord> load_revision(Transaction& txn, std::string_view capability);
std::optional<IndexRecord> load_index(Transaction& txn, std::string_view capability);
std::optional<CapabilityCanary> load_canary(Transaction& txn, std::string_view capability);
std::optional<PipelineRecord> load_pipeline(Transaction& txn, std::string_view capability);

void save_catalog(Transaction& txn, const CatalogRecord& record);
void save_manifest(Transaction& txn, const Manifest& manifest);
void save_stage(Transaction& txn, const InstallStage& stage);
void save_wiring(Transaction& txn, const Wiring& wiring);
void save_revision(Transaction& txn, const RevisionRecord& revision);
void save_index(Transaction& txn, const IndexRecord& index);
void save_pipeline(Transaction& txn, const PipelineRecord& pipeline);
void save_canary(Transaction& txn, const CapabilityCanary& canary);
void erase_canary(Transaction& txn, std::string_view capability);

// Every version of a capability, sorted by version as text.
std::vector<CatalogRecord> catalog_versions(Transaction& txn, std::string_view capability);

// The version that stands for the capability: the active one, else the one last published or withdrawn.
std::string head_version(const RevisionRecord& revision);

// All revisions, sorted by capability id.
std::vector<RevisionRecord> all_revisions(Transaction& txn);

// All canaries, sorted by capability id.
std::vector<CapabilityCanary> all_canaries(Transaction& txn);

// "<capability>:<version>", as replies name a version.
std::string manifest_key(std::string_view capability, std::string_view version);

}  // namespace ansible
