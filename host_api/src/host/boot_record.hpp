// state.json, kept up to date.
#pragma once

#include <functional>
#include <string>

#include "gateway/clock.hpp"
#include "gateway/log.hpp"
#include "host/boot_state.hpp"

namespace gateway {

// The boot state in memory is always the one on disk: a change that cannot be saved did not happen.
// Thread rule: the control thread.
class BootRecord {
 public:
  // Reads <root>/state.json. Errors: io_error.
  static Result<BootRecord> open(const std::string& root, Clock& clock, LogSink log);

  const BootState& state() const { return state_; }
  std::int64_t now_ms() { return clock_.now_ms(); }

  // Why the state on disk could not be understood; empty: it could.
  const std::string& problem() const { return problem_; }

  // Applies `change` and saves. Errors: io_error, no_space; nothing has changed then.
  Result<void> update(const std::function<void(BootState&)>& change);

  // As update(), where a failure can only be logged.
  void update_or_log(const std::function<void(BootState&)>& change);

  // An entry for BootState::record(), of now. Also logs it.
  HistoryEntry entry(std::string event, const ReleaseId& release, std::string detail = {});

 private:
  BootRecord(std::string path, LoadedBootState loaded, Clock& clock, LogSink log);

  std::string path_;
  BootState state_;
  std::string problem_;
  Clock& clock_;
  LogSink log_;
};

}  // namespace gateway
