#include "host/boot_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace gateway {

BootRecord::BootRecord(std::string path, LoadedBootState loaded, Clock& clock, LogSink log)
    : path_(std::move(path)),
      state_(std::move(loaded.state)),
      problem_(std::move(loaded.problem)),
      clock_(clock),
      log_(std::move(log)) {}

Result<BootRecord> BootRecord::open(const std::string& root, Clock& clock, LogSink log) {
  const std::string path = root + "/state.json";
  auto loaded = load_boot_state(path);
  if (!loaded) return loaded.error();
  return BootRecord(path, std::move(*loaded), clock, std::move(log));
}

Result<void> BootRecord::update(const std::function<void(BootState&)>& change) {
  BootState next = state_;
  change(next);
  if (auto saved = save_boot_state(path_, next); !saved) {
    unlogged_.clear();
    return saved;
  }
  hold(std::move(next));
  return {};
}

void BootRecord::note(const std::function<void(BootState&)>& change) {
  BootState next = state_;
  change(next);
  const auto saved = save_boot_state(path_, next);
  hold(std::move(next));
  if (!saved && log_) log_(GW_LOG_ERROR, "host", saved.error().message);
}

void BootRecord::hold(BootState next) {
  state_ = std::move(next);
  for (const auto& [level, line] : unlogged_) {
    if (log_) log_(level, "host", line);
  }
  unlogged_.clear();
}

HistoryEntry BootRecord::entry(std::string event, const ReleaseId& release, std::string detail) {
  HistoryEntry made;
  made.event = std::move(event);
  made.release = release;
  made.detail = std::move(detail);
  return entry(std::move(made));
}

HistoryEntry BootRecord::entry(HistoryEntry decision) {
  static constexpr std::string_view kBad[] = {"refused", "interrupted", "state_unreadable",
                                              "crashed", "hung",        "quarantined"};
  const bool bad = decision.verdict == "fail" ||
                   std::find(std::begin(kBad), std::end(kBad), decision.event) != std::end(kBad);
  const std::string digest =
      decision.release.sha256.empty() ? "" : " (" + decision.release.sha256.substr(0, 16) + ")";
  unlogged_.emplace_back(
      bad ? GW_LOG_WARN : GW_LOG_INFO,
      fmt::format("plugin {}{}{}{}{}", decision.event, decision.release.version.empty() ? "" : " ",
                  decision.release.version, digest,
                  decision.detail.empty() ? "" : ": " + decision.detail));
  decision.at_ms = clock_.now_ms();
  return decision;
}

}  // namespace gateway
