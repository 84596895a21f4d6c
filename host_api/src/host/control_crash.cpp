// Control: deaths of the gateway inside a release.
#include <fmt/format.h>

#include "host/control.hpp"

namespace gateway {

// What the process before left. Counting is one write that also names that process, so that a
// gateway killed before the crumbs are forgotten does not count them twice.
void Control::count_crashes() {
  if (breadcrumbs_ == nullptr) return;
  const std::string& left_by = breadcrumbs_->left_by();
  if (!breadcrumbs_->crashes().empty() && record_.state().crash_counted != left_by) {
    record_.note([&](BootState& state) {
      state.crash_counted = left_by;
      for (const Crash& crash : breadcrumbs_->crashes()) count_crash(state, crash);
    });
  }
  breadcrumbs_->begin();
}

void Control::count_crash(BootState& state, const Crash& crash) {
  const Release* kept = releases_.find(crash.release.sha256);
  const ReleaseId release = kept != nullptr ? kept->id : crash.release;
  const std::string how = fmt::format("{} during {}", crash.cause, crash.hook);
  const auto& trial = state.candidate;
  HistoryEntry entry;
  entry.event = "crashed";
  entry.release = release;
  entry.detail = "the gateway died inside it: " + how;
  entry.by = "gateway";
  if (trial && trial->release.sha256 == release.sha256) entry.phase = phase_name(trial->phase);
  state.record(record_.entry(std::move(entry)));
  // One that was good once, or that is all there is, is never given up by counting deaths.
  if (state.good(release.sha256) || !state.stable) return;
  if (state.stable->release.sha256 == release.sha256) return;
  const std::uint32_t times = state.count_crash(release);
  if (times >= BootState::kMaxTries) drop_crashed(state, release, times, how);
}

void Control::drop_crashed(BootState& state, const ReleaseId& release, std::uint32_t times,
                           const std::string& how) {
  const std::int64_t now = record_.now_ms();
  const std::string reason =
      fmt::format("the gateway died {} times inside it; the last time: {}", times, how);
  state.quarantine(release, {now, reason, "gateway"});
  HistoryEntry entry;
  entry.event = "quarantined";
  entry.release = release;
  entry.detail = reason;
  entry.by = "gateway";
  state.record(record_.entry(entry));
  if (!state.candidate || state.candidate->release.sha256 != release.sha256) return;

  entry.event = "rolled_back";
  entry.release = state.stable->release;
  entry.detail = fmt::format("version {} ({}) was rolled back: {}", release.version,
                             release.sha256.substr(0, 16), reason);
  entry.phase = phase_name(state.candidate->phase);
  entry.verdict = "fail";
  entry.figures.push_back({"deaths", static_cast<double>(times), 0,
                           static_cast<double>(BootState::kMaxTries - 1), true});
  (state.file_sha256 == release.sha256 ? state.file_trouble : state.swap_trouble) = entry.detail;
  state.drop_trial(now);
  state.record(record_.entry(std::move(entry)));
}

}  // namespace gateway
