#include "host/boot_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace gateway {
namespace {

constexpr std::chrono::milliseconds kTryAgain{500};

}  // namespace

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
  trouble_.clear();
  hold(std::move(next));
  return {};
}

void BootRecord::note(const std::function<void(BootState&)>& change) {
  BootState next = state_;
  change(next);
  save_or_owe(next);
  hold(std::move(next));
}

void BootRecord::save_or_owe(const BootState& next) {
  const auto saved = save_boot_state(path_, next);
  const std::string before = std::exchange(trouble_, "");
  if (saved) return;
  trouble_ = fmt::format(
      "what was decided last is not on disk: {}\n  a restart forgets it; it is written as soon as "
      "that works",
      saved.error().message);
  again_at_ = std::chrono::steady_clock::now() + kTryAgain;
  if (trouble_ != before && log_) log_(GW_LOG_ERROR, "host", trouble_);
}

bool BootRecord::settle(bool last) {
  if (trouble_.empty() || (!last && std::chrono::steady_clock::now() < again_at_)) return false;
  save_or_owe(state_);
  if (!trouble_.empty()) return false;
  if (log_) log_(GW_LOG_INFO, "host", path_ + " is up to date again");
  return true;
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
