// state.json, kept up to date.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/clock.hpp"
#include "gateway/log.hpp"
#include "host/boot_state.hpp"

namespace gateway {

// The boot state in memory is the one on disk, but for remarks that could not be saved (note()).
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

  // As update(), for what should be seen even if it cannot be saved (a refusal, on a full disk): it
  // holds in memory then, and the failure is logged. For `stable` and `previous` only where what serves must change all
  // the same.
  void note(const std::function<void(BootState&)>& change);

  // What note() could not save is saved with the next change, or here. To be called often: it waits between two tries,
  // but for the last one. True when all is on disk now.
  bool settle(bool last = false);

  // Why what is held in memory is not on disk; empty: it is.
  const std::string& trouble() const { return trouble_; }

  // An entry for BootState::record(), of now. It is also logged, once the change it is part of
  // holds.
  HistoryEntry entry(std::string event, const ReleaseId& release, std::string detail = {});
  HistoryEntry entry(HistoryEntry decision);  // its time is set

 private:
  BootRecord(std::string path, LoadedBootState loaded, Clock& clock, LogSink log);

  void hold(BootState next);
  void save_or_owe(const BootState& next);

  std::string path_;
  std::string trouble_;
  std::chrono::steady_clock::time_point again_at_{};
  std::vector<std::pair<std::uint32_t, std::string>> unlogged_;  // level, line
  BootState state_;
  std::string problem_;
  Clock& clock_;
  LogSink log_;
};

}  // namespace gateway
