// The records of rollouts on disk, and the reports beside them.
#pragma once

#include <optional>
#include <string>

#include "gateway/log.hpp"
#include "rollout/record.hpp"

namespace gateway_app {

// <directory>/<id>/record.json, report.md, report.json: directories 0700, files 0600. A record is replaced whole, so that
// a kill or a power cut leaves the old one or the new one. The reports are made from it, and again at its next change:
// one that cannot be written is logged.
// Thread rule: one thread.
class RolloutStore {
 public:
  explicit RolloutStore(std::string directory, gateway::LogSink log = {})
      : directory_(std::move(directory)), log_(std::move(log)) {}

  // Record and reports. Errors: io_error (the record is as it was before).
  gateway::Result<void> save(const RolloutRecord& record) const;

  // The newest one; nothing where none was ever started. Errors: io_error, record_unreadable.
  gateway::Result<std::optional<RolloutRecord>> newest() const;

  // Errors: not_found, io_error, record_unreadable.
  gateway::Result<RolloutRecord> find(const std::string& id) const;

  std::string directory_of(const std::string& id) const { return directory_ + "/" + id; }

 private:
  void write_reports(const RolloutRecord& record) const;

  std::string directory_;
  gateway::LogSink log_;
};

}  // namespace gateway_app
