// The records of rollouts on disk, and the reports beside them.
#pragma once

#include <optional>
#include <string>

#include "rollout/record.hpp"

namespace gateway_app {

// <directory>/<id>/record.json, report.md, report.json: directories 0700, files 0600. A record is replaced whole, so that
// a kill or a power cut leaves the old one or the new one.
// Thread rule: one thread.
class RolloutStore {
 public:
  explicit RolloutStore(std::string directory) : directory_(std::move(directory)) {}

  // Record and reports. Errors: io_error.
  gateway::Result<void> save(const RolloutRecord& record) const;

  // The newest one; nothing where none was ever started. Errors: io_error, record_unreadable.
  gateway::Result<std::optional<RolloutRecord>> newest() const;

  // Errors: not_found, io_error, record_unreadable.
  gateway::Result<RolloutRecord> find(const std::string& id) const;

  std::string directory_of(const std::string& id) const { return directory_ + "/" + id; }

 private:
  std::string directory_;
};

}  // namespace gateway_app
