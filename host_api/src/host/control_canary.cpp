// Control: a candidate on trial, stage by stage.
#include <fmt/format.h>

#include <algorithm>

#include "host/control.hpp"
#include "host/stop_point.hpp"

namespace gateway {
namespace {

Phase phase_of(CanaryStage stage) {
  constexpr Phase kPhases[] = {Phase::kShadow, Phase::kSplit, Phase::kSoak};
  return kPhases[static_cast<std::size_t>(stage)];
}

CanaryStage stage_of(Phase phase) {
  return phase == Phase::kSoak    ? CanaryStage::kSoak
         : phase == Phase::kSplit ? CanaryStage::kSplit
                                  : CanaryStage::kShadow;
}

std::string name_of(const ReleaseId& release) {
  return fmt::format("version {} ({})", release.version, release.sha256.substr(0, 16));
}

std::vector<Figure> figures_of(const CanaryVerdict& verdict) {
  std::vector<Figure> figures;
  for (const CanaryMeasure& measure : verdict.measures) {
    figures.push_back(
        {measure.rule, measure.value, measure.baseline, measure.threshold, measure.broken});
  }
  return figures;
}

}  // namespace

Result<void> Control::begin_canary(const Release& release, const CanaryPolicy& policy,
                                   const Swapper::Change& change) {
  const auto active = swapper_.active();
  if (!active) {
    return Error{"no_plugin",
                 "there is nothing to judge it against: no plugin is active\n"
                 "  activate a first release with: plugins swap"};
  }
  if (active->sha256 == release.id.sha256) {
    return Error{"already_active", name_of(*active) + " is the active release"};
  }
  if (watching() != nullptr) {
    return Error{"watch_running",
                 "the active release was swapped in and is still being watched: it is on trial "
                 "itself\n  wait until its window ends, or roll back"};
  }
  if (owed_) {
    return Error{"rollback_pending", name_of(owed_->from) +
                                         " has failed its trial, and the way back from it could "
                                         "not be gone yet: see plugins list\n"
                                         "  wait until it was, or swap to another release"};
  }
  if (auto fits = swapper_.check(release); !fits) return fits;
  const std::int64_t now = record_.now_ms();
  const CanaryProgress progress{
      fmt::format("{:013}-{}", now, release.id.sha256.substr(0, 16)), false, policy, {}};
  auto saved = record_.update([&](BootState& state) {
    state.begin_trial(release.id, Phase::kShadow, now);
    state.candidate->progress = to_json(progress);
    state.swap_trouble.clear();
    if (change.file) {
      state.file_sha256 = *change.file;
      state.file_trouble.clear();
    }
    HistoryEntry entry;
    entry.event = "canary_started";
    entry.release = release.id;
    entry.detail =
        fmt::format("beside version {}, from {}", active->version, stage_name(policy.from_stage));
    entry.by = change.by;
    state.record(record_.entry(std::move(entry)));
  });
  if (!saved) return saved;
  stop_point(StopPoint::kTrialBegun);
  canary_ = make_canary(release, progress);
  auto entered = enter_stage(policy.from_stage, change.by, "");
  if (!entered) {
    abort_canary("gateway", "its first stage could not begin: " + entered.error().message);
  }
  return entered;
}

std::unique_ptr<CanaryRun> Control::make_canary(const Release& release,
                                                const CanaryProgress& progress) {
  // In a soak that is resumed, the release before is the parked one.
  Slot::Lease before = slot_.acquire();
  if (before->release().sha256 == release.id.sha256) {
    if (Slot::Lease parked = slot_.parked()) before = std::move(parked);
  }
  CanaryRun::Subject subject;
  subject.id = progress.id;
  subject.active = before->release();
  subject.candidate = release.id;
  subject.policy = progress.policy;
  subject.law = law_of(before->manifest(), swapper_.config_json());
  subject.root = options_.root;
  subject.shadow.prover = options_.prover;
  subject.shadow.library = releases_.library_of(release.id.sha256);
  subject.shadow.config_json = swapper_.config_json();
  subject.started_ms = record_.state().candidate->since_ms;
  subject.latency_before = progress.latency_before;
  return std::make_unique<CanaryRun>(
      CanaryRun::Parts{engine_, executor_, slot_, clock_, options_.log}, std::move(subject));
}

// Each stage is recorded before it begins, so that a gateway that dies inside it finds it.
Result<void> Control::enter_stage(CanaryStage stage, const std::string& by,
                                  const std::string& detail) {
  const Release* found = releases_.find(canary_->candidate().sha256);
  if (found == nullptr) {
    return Error{"release_lost",
                 "the bytes of " + name_of(canary_->candidate()) + " are not kept any more"};
  }
  const Release release = *found;
  HistoryEntry moved = canary_entry("canary_stage", by);
  moved.phase = stage_name(stage);
  moved.detail = detail;
  if (stage == CanaryStage::kSoak) return enter_soak(release, std::move(moved));
  auto saved = record_.update([&](BootState& state) {
    state.enter_phase(phase_of(stage), record_.now_ms());
    state.record(record_.entry(moved));
  });
  if (!saved) return saved;
  stop_point(StopPoint::kStageWritten);
  if (stage == CanaryStage::kSplit) {
    if (auto loaded = swapper_.load_candidate(release); !loaded) return loaded;
  }
  auto entered = canary_->enter(stage);
  if (entered) stop_point(StopPoint::kStageEntered);
  return entered;
}

Result<void> Control::enter_soak(const Release& release, HistoryEntry moved) {
  Swapper::Change change;
  change.event = "promoted";
  change.by = moved.by;
  change.detail = moved.detail;
  change.decision = std::move(moved);
  // First: not one call may reach the candidate unguarded.
  if (auto entered = canary_->enter(CanaryStage::kSoak); !entered) return entered;
  change.also = [before = canary_->latency_before()](BootState& state) {
    CanaryProgress progress = parse_progress(state.candidate->progress);
    progress.latency_before = before;
    state.candidate->progress = to_json(progress);
  };
  return swapper_.promote(release, change);
}

HistoryEntry Control::canary_entry(const std::string& event, const std::string& by) const {
  const CanaryStatus now = canary_->status();
  HistoryEntry entry;
  entry.event = event;
  entry.release = now.candidate;
  entry.by = by;
  entry.phase = stage_name(now.stage);
  entry.figures = figures_of(now.verdict);
  entry.evidence = canary_->evidence();
  return entry;
}

void Control::judge_canary() {
  const CanaryVerdict verdict = canary_->judge();
  switch (verdict.judgement) {
    case Judgement::kGoOn: {
      CanaryStatus now = canary_->status();
      const std::lock_guard lock(published_mutex_);
      published_.canary = std::move(now);
      return;
    }
    case Judgement::kPass:
      advance_canary();
      break;
    case Judgement::kFail:
      end_canary({.outcome = "rolled_back",
                  .event = "canary_failed",
                  .verdict = "fail",
                  .reason = verdict.reason,
                  .quarantine = true});
      break;
    case Judgement::kInconclusive:
      end_canary({.outcome = "inconclusive",
                  .event = "canary_inconclusive",
                  .verdict = "inconclusive",
                  .reason = verdict.reason});
      break;
  }
  publish();
}

// A stage was passed.
void Control::advance_canary() {
  const CanaryStatus now = canary_->status();
  const std::string detail = fmt::format("{} passed with {} samples in {} s", stage_name(now.stage),
                                         now.candidate_counters.calls, now.stage_elapsed_ms / 1000);
  if (now.stage == CanaryStage::kSoak) return pass_canary("gateway", detail);
  const CanaryStage next =
      now.stage == CanaryStage::kShadow ? CanaryStage::kSplit : CanaryStage::kSoak;
  if (auto entered = enter_stage(next, "gateway", detail); !entered) {
    abort_canary("gateway",
                 fmt::format("{} could not begin: {}", stage_name(next), entered.error().message));
  }
}

// It served every call to the end of its window.
void Control::pass_canary(const std::string& by, const std::string& detail) {
  HistoryEntry decision = canary_entry("marked_good", by);
  decision.detail = detail;
  decision.verdict = "pass";
  canary_->leave();
  stop_point(StopPoint::kWatchOver);
  record_.note([&](BootState& state) {
    state.pass_trial(record_.now_ms());
    state.record(record_.entry(decision));
  });
  stop_point(StopPoint::kMarkedGood);
  canary_->conclude("promoted");
  last_canary_ = canary_->status();
  canary_.reset();
}

// The release before serves alone again, at once; then it is written down.
void Control::end_canary(const Ending& ending) {
  HistoryEntry decision = canary_entry(ending.event, ending.by);
  decision.verdict = ending.verdict;
  decision.detail = ending.reason;
  canary_->close();
  canary_->conclude(ending.outcome, ending.reason);
  stop_point(StopPoint::kJudged);
  decision.evidence = canary_->evidence();
  const bool from_file = record_.state().file_sha256 == canary_->candidate().sha256;
  const auto also = [this, ending, from_file, candidate = canary_->candidate()](BootState& state) {
    if (!ending.quarantine) return;
    state.quarantine(candidate, {record_.now_ms(), ending.reason, ending.by});
    HistoryEntry entry;
    entry.event = "quarantined";
    entry.release = candidate;
    entry.detail = ending.reason;
    entry.by = ending.by;
    state.record(record_.entry(std::move(entry)));
    if (from_file) state.file_trouble = "the configured file was refused: " + ending.reason;
  };
  drop_canary(decision, also);
  canary_->leave();
  last_canary_ = canary_->status();
  canary_.reset();
}

void Control::abort_canary(const std::string& by, const std::string& reason) {
  end_canary({.outcome = "aborted", .event = "canary_aborted", .by = by, .reason = reason});
}

void Control::drop_canary(const HistoryEntry& decision,
                          const std::function<void(BootState&)>& also) {
  const auto& trial = record_.state().candidate;
  const bool on_trial = trial && trial->release.sha256 == decision.release.sha256;
  if (!on_trial || !phase_serves(trial->phase)) {
    record_.note([&](BootState& state) {
      also(state);
      state.intent.reset();
      if (on_trial) state.drop_trial(record_.now_ms());
      state.record(record_.entry(decision));
    });
    slot_.drop_candidate();  // it may take the gateway with it: the next one knows the decision
    stop_point(StopPoint::kTrialDropped);
    return;
  }
  Swapper::Change change;
  change.action = "rollback";
  change.event = "rolled_back";
  change.by = decision.by;
  change.detail =
      fmt::format("{} of {} ended: {}", decision.phase, name_of(decision.release), decision.detail);
  change.must_revert = false;
  change.regardless = true;
  change.also = [this, also, decision](BootState& state) {
    also(state);
    state.record(record_.entry(decision));
  };
  if (auto back = go_back(change); !back) {
    owe_way_back(std::move(change), decision.release, back.error());
  } else if (record_.state().quarantined(decision.release.sha256) != nullptr) {
    slot_.drop_parked();
  }
}

// After a restart: the stage begins anew, with the policy that it had.
void Control::resume_canary() {
  const auto& trial = record_.state().candidate;
  if (canary_ || !trial || trial->phase == Phase::kWatch || !swapper_.active()) return;
  const Release* release = releases_.find(trial->release.sha256);
  const bool serves = swapper_.active()->sha256 == trial->release.sha256;
  if (release == nullptr || serves != phase_serves(trial->phase)) {
    record_.note([&](BootState& state) {
      HistoryEntry entry;
      entry.event = "canary_aborted";
      entry.release = state.candidate->release;
      entry.by = "gateway";
      entry.detail = "after a restart its trial could not go on";
      state.drop_trial(record_.now_ms());
      state.record(record_.entry(std::move(entry)));
    });
    return;
  }
  const CanaryProgress progress = parse_progress(trial->progress);
  const CanaryStage stage = stage_of(trial->phase);
  canary_ = make_canary(Release(*release), progress);
  canary_->set_paused(progress.paused);
  const auto resumed = serves ? canary_->enter(CanaryStage::kSoak)
                              : enter_stage(std::max(stage, progress.policy.from_stage), "gateway",
                                            "resumed after a restart");
  if (!resumed) {
    abort_canary("gateway", "after a restart it could not go on: " + resumed.error().message);
  }
}

// Another operation may have put something else in the candidate's place.
void Control::settle_canary() {
  if (!canary_) return;
  const auto& trial = record_.state().candidate;
  if (trial && trial->release.sha256 == canary_->candidate().sha256 &&
      trial->phase != Phase::kWatch) {
    return;
  }
  abort_canary("operator", "another operation took its place");
}

}  // namespace gateway
