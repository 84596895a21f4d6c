// Control: the watch window of a direct swap.
#include <fmt/format.h>

#include <algorithm>

#include "canary/watch_guard.hpp"
#include "host/control.hpp"
#include "host/evidence.hpp"
#include "host/stop_point.hpp"

namespace gateway {
namespace {

constexpr std::uint64_t kTryAgainNs = 5'000'000'000;

}  // namespace

// The trial that a watch judges; nullptr: there is none.
const Trial* Control::watching() const {
  const auto& trial = record_.state().candidate;
  return trial && trial->phase == Phase::kWatch ? &*trial : nullptr;
}

void Control::arm_watch() {
  const Trial* trial = watching();
  if (trial == nullptr || !swapper_.active()) {
    if (watching_ && !canary_) executor_.set_referee(nullptr);
    watching_.reset();
    return;
  }
  if (watching_ && watching_->sha256 == trial->release.sha256) return;
  const auto window = options_.watch_window;
  Watching next;
  next.sha256 = trial->release.sha256;
  next.until_ns = clock_.steady_ns() + static_cast<std::uint64_t>(window.count()) * 1'000'000;
  next.until_ms = record_.now_ms() + window.count();
  watching_ = std::move(next);
  // By what the release before declares, where that is still loaded.
  const Slot::Lease parked = slot_.parked();
  const Slot::Lease before = parked ? parked : slot_.acquire();
  executor_.set_referee(std::make_shared<WatchGuard>(
      slot_, executor_, law_of(before->manifest(), swapper_.config_json()), trial->release.sha256));
}

void Control::tick() {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  const auto hung = note_hung();
  if (record_.settle()) publish();
  if (canary_) {
    const auto of_candidate = [&](const HungCall& h) {
      return h.release.sha256 == canary_->candidate().sha256;
    };
    const auto bad = std::find_if(hung.begin(), hung.end(), of_candidate);
    if (bad == hung.end()) {
      judge_canary();
      if (!hung.empty()) publish();
      return;
    }
    const auto times = std::count_if(hung.begin(), hung.end(), of_candidate);
    const std::string reason = bad->call.name + " hung and was given up";
    canary_->condemn({"hung_calls", static_cast<double>(times), 0, 0, true}, reason);
    end_canary({.outcome = "rolled_back",
                .event = "canary_failed",
                .verdict = "fail",
                .reason = reason,
                .quarantine = true});
    return publish();
  }
  bool changed = !hung.empty();
  changed = try_way_back() || changed;
  if (watching_ && !watching_->stuck && watching() != nullptr) changed = judge_watched() || changed;
  if (!changed) return;
  arm_watch();
  publish();
}

// Calls that were given up.
std::vector<HungCall> Control::note_hung() {
  auto hung = executor_.take_hung();
  if (hung.empty()) return hung;
  record_.note([&](BootState& state) {
    for (const HungCall& h : hung) {
      HistoryEntry entry;
      entry.event = "hung";
      entry.release = h.release;
      entry.detail = fmt::format("{} ({}): {}", h.call.name, h.call.request_id, h.call.message);
      entry.by = "gateway";
      state.record(record_.entry(std::move(entry)));
    }
  });
  return hung;
}

// True when there is a verdict.
bool Control::judge_watched() {
  const auto verdict = judge_watch(executor_.counts(watching_->sha256),
                                   executor_.counts(record_.state().stable->release.sha256));
  if (verdict.failed) {
    fail_watch(verdict);
    return true;
  }
  if (clock_.steady_ns() < watching_->until_ns) return false;
  end_watch();
  return true;
}

void Control::end_watch() {
  const Trial trial = *watching();
  HistoryEntry decision;
  decision.event = "marked_good";
  decision.release = trial.release;
  decision.by = "gateway";
  decision.phase = phase_name(trial.phase);
  decision.verdict = "pass";
  const ReleaseCounts counts = executor_.counts(trial.release.sha256);
  decision.detail = fmt::format("served {} calls for {} s without a finding", counts.steps,
                                (record_.now_ms() - trial.phase_since_ms) / 1000);
  decision.figures =
      judge_watch(counts, executor_.counts(record_.state().stable->release.sha256)).figures;
  stop_point(StopPoint::kWatchOver);
  record_.note([&](BootState& state) {
    state.pass_trial(record_.now_ms());
    state.record(record_.entry(decision));
  });
  stop_point(StopPoint::kMarkedGood);
}

// Back to stable, and never again to these bytes.
void Control::fail_watch(const WatchVerdict& verdict) {
  const Trial trial = *watching();
  const std::string failed =
      fmt::format("version {} ({}) was rolled back: {}", trial.release.version,
                  trial.release.sha256.substr(0, 16), verdict.reason);
  const bool from_file = record_.state().file_sha256 == trial.release.sha256;
  Swapper::Change change;
  change.action = "rollback";
  change.event = "rolled_back";
  change.by = "gateway";
  change.detail = failed;
  change.must_revert = false;
  change.regardless = true;
  change.decision.phase = phase_name(trial.phase);
  change.decision.verdict = "fail";
  change.decision.figures = verdict.figures;
  if (const std::string path = keep_evidence(trial, verdict); !path.empty()) {
    change.decision.evidence.push_back(path);
  }
  change.also = [=, this, reason = verdict.reason](BootState& state) {
    state.quarantine(trial.release, {record_.now_ms(), reason, "gateway"});
    HistoryEntry entry;
    entry.event = "quarantined";
    entry.release = trial.release;
    entry.detail = reason;
    entry.by = "gateway";
    state.record(record_.entry(std::move(entry)));
    (from_file ? state.file_trouble : state.swap_trouble) = failed;
  };
  if (auto back = go_back(change); !back) {
    watching_->stuck = true;
    owe_way_back(std::move(change), trial.release, back.error());
  }
}

// There is no space to load from, say. The release serves on, unjudged, until it works.
void Control::owe_way_back(Swapper::Change change, const ReleaseId& from, const Error& error) {
  refused("rollback", record_.state().stable->release, error);
  owed_ = WayBack{std::move(change), from, clock_.steady_ns() + kTryAgainNs};
}

// True when it was gone, or somebody else has gone another way.
bool Control::try_way_back() {
  if (!owed_) return false;
  const auto& trial = record_.state().candidate;
  if (!trial || trial->release.sha256 != owed_->from.sha256 || !phase_serves(trial->phase)) {
    owed_.reset();
    return true;
  }
  if (clock_.steady_ns() < owed_->again_ns) return false;
  if (!go_back(owed_->change)) {
    owed_->again_ns = clock_.steady_ns() + kTryAgainNs;
    return false;
  }
  if (record_.state().quarantined(owed_->from.sha256) != nullptr) slot_.drop_parked();
  owed_.reset();
  return true;
}

Result<void> Control::go_back(const Swapper::Change& change) {
  const ReleaseId stable = record_.state().stable->release;
  const Release* kept = releases_.find(stable.sha256);
  if (kept == nullptr) {
    return Error{"release_lost", fmt::format("the bytes of version {} ({}) are not kept any more",
                                             stable.version, stable.sha256)};
  }
  const Release target = *kept;
  auto warm = swapper_.exchange(target, change);
  if (!warm) return warm.error();
  return *warm ? Result<void>() : swapper_.activate(target, change);
}

// Returns the path of the file; empty: it could not be written, and the log says so.
std::string Control::keep_evidence(const Trial& trial, const WatchVerdict& verdict) {
  Evidence evidence;
  evidence.release = trial.release;
  evidence.phase = phase_name(trial.phase);
  evidence.reason = verdict.reason;
  evidence.at_ms = record_.now_ms();
  evidence.figures = verdict.figures;
  evidence.calls = executor_.counts(trial.release.sha256).failures;
  auto path = write_evidence(options_.root, evidence);
  if (path) return *path;
  if (options_.log) options_.log(GW_LOG_ERROR, "host", path.error().message);
  return {};
}

}  // namespace gateway
