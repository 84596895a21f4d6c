// Control: deaths of the gateway inside a release.
#include <fmt/format.h>

#include "base/json.hpp"
#include "canary/evidence.hpp"
#include "host/control.hpp"
#include "host/evidence.hpp"

namespace gateway {
namespace {

namespace json = base::json;

// A canary as its last stage left it, whose counts died with the process.
CanaryStatus ended_by_deaths(const BootState& state, std::uint32_t times,
                             const std::string& reason) {
  const Trial& trial = *state.candidate;
  const CanaryProgress progress = parse_progress(trial.progress);
  CanaryStatus out;
  out.id = progress.id;
  out.candidate = trial.release;
  out.active = state.stable->release;
  out.stage = parse_stage(phase_name(trial.phase)).value_or(CanaryStage::kShadow);
  out.running = false;
  out.outcome = "rolled_back";
  out.started_ms = trial.since_ms;
  out.stage_started_ms = trial.phase_since_ms;
  out.policy = progress.policy;
  out.verdict.judgement = Judgement::kFail;
  out.verdict.rule = "deaths";
  out.verdict.reason = reason;
  out.verdict.measures = {{"deaths", static_cast<double>(times), 0,
                           static_cast<double>(BootState::kMaxTries - 1), true}};
  return out;
}

}  // namespace

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

// What speaks against the release on trial, in files; their paths.
std::vector<std::string> Control::keep_deaths(const BootState& state, std::uint32_t times,
                                              const std::string& how, const std::string& reason,
                                              const std::vector<Figure>& figures) {
  const Trial& trial = *state.candidate;
  if (trial.phase == Phase::kWatch) {
    Evidence evidence;
    evidence.release = trial.release;
    evidence.phase = phase_name(trial.phase);
    evidence.reason = reason;
    evidence.at_ms = record_.now_ms();
    evidence.figures = figures;
    auto path = write_evidence(options_.root, evidence);
    if (path) return {*path};
    if (options_.log) options_.log(GW_LOG_ERROR, "host", path.error().message);
    return {};
  }
  CanaryStatus ended = ended_by_deaths(state, times, reason);
  EvidenceBox box(options_.root, ended.id);
  ended.evidence = box.directory();
  box.keep("death", json::object{{"deaths", times}, {"last", how}});
  box.conclude(to_json(ended));
  last_canary_ = std::move(ended);
  return box.files();
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
  entry.evidence = keep_deaths(state, times, how, reason, entry.figures);
  (state.file_sha256 == release.sha256 ? state.file_trouble : state.swap_trouble) = entry.detail;
  state.drop_trial(now);
  state.record(record_.entry(std::move(entry)));
}

}  // namespace gateway
