#include "host/boot_record.hpp"

#include <fmt/format.h>

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
  if (auto saved = save_boot_state(path_, next); !saved) return saved;
  state_ = std::move(next);
  return {};
}

void BootRecord::update_or_log(const std::function<void(BootState&)>& change) {
  if (auto saved = update(change); !saved && log_)
    log_(GW_LOG_ERROR, "host", saved.error().message);
}

HistoryEntry BootRecord::entry(std::string event, const ReleaseId& release, std::string detail) {
  if (log_) {
    const bool bad = event == "refused" || event == "interrupted";
    log_(
        bad ? GW_LOG_WARN : GW_LOG_INFO, "host",
        fmt::format("plugin {}{}{}{}{}", event, release.version.empty() ? "" : " ", release.version,
                    release.sha256.empty() ? "" : " (" + release.sha256.substr(0, 16) + ")",
                    detail.empty() ? "" : ": " + detail));
  }
  return {clock_.now_ms(), std::move(event), release, std::move(detail)};
}

}  // namespace gateway
