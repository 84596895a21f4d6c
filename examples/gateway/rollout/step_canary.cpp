// Phase 1 up to the flip, and phase 3: the candidate's trial is begun, watched, held while phase 2 runs, and let go on.
#include <algorithm>

#include "rollout/ground.hpp"
#include "rollout/trial.hpp"

namespace gateway_app {
namespace {

using gateway::CanaryOrder;
using gateway::CanaryStage;
using gateway::Error;
using gateway::Result;
using Kind = StepEnd::Kind;

constexpr std::chrono::milliseconds kLook{50};

std::string policy_text(const RolloutRecord& record) { return json::canonical(record.plan.canary); }

// The trial could not be begun or steered: whoever tries again may pass.
StepEnd not_steered(const Error& error) { return {Kind::kAborted, {}, error.message, {}}; }

Result<void> begin(Ground& ground) {
  const RolloutRecord record = ground.record();
  auto policy = gateway::read_policy(policy_text(record), ground.host.canary_policy());
  if (!policy) return policy.error();
  auto begun = ground.host.start_canary(record.to.sha256, *policy);
  if (!begun) return begun.error();
  ground.mark("started");
  return ground.note([&](RolloutRecord& r) { r.canary_id = begun->id; });
}

void add_gates(RolloutRecord& record, const Checks& checks) {
  for (Checks* to : {&record.at(Stage::kCanary).checks, &record.nodes.front().checks}) {
    to->insert(to->end(), checks.begin(), checks.end());
  }
}

// The candidate serves. Its window waits until the lifecycle has been validated.
StepEnd hold(Ground& ground) {
  const RolloutRecord record = ground.record();
  const Checks stages =
      stages_by_history(ground.host.history(), record.to.sha256, record.started_ms);
  auto noted = ground.note([&](RolloutRecord& r) {
    if (!r.flipped) add_gates(r, stages);
    r.flipped = true;
    r.hurry = false;
  });
  if (!noted) return not_written(noted.error());
  ground.mark("flipped");
  auto held = ground.host.steer_canary(CanaryOrder::kPause, "gateway");
  if (held || held.error().code == "no_canary") return {};
  return not_steered(held.error());
}

// What the operator ordered while a step waits. An answer: it ends the step.
std::optional<StepEnd> obey(Ground& ground) {
  const RolloutRecord record = ground.record();
  if (record.abort) return aborted_by_operator();
  if (!record.hurry) return std::nullopt;
  auto promoted = ground.host.steer_canary(CanaryOrder::kPromote, "operator");
  auto noted = ground.note([](RolloutRecord& r) { r.hurry = false; });
  if (!promoted && promoted.error().code != "no_canary") return not_steered(promoted.error());
  if (!noted) return not_written(noted.error());
  return std::nullopt;
}

// Of a trial that runs no more: asked afterwards, for it may end between two questions.
StepEnd how_it_ended(Ground& ground) {
  return trial_ended(ground).value_or(StepEnd{Kind::kAborted, {}, "its trial is gone", {}});
}

bool quarantined(Ground& ground, const RolloutRecord& record) {
  const auto marks = ground.host.marks();
  return std::any_of(marks.begin(), marks.end(), [&](const gateway::Mark& mark) {
    return mark.release.sha256 == record.to.sha256 && mark.quarantine.has_value();
  });
}

}  // namespace

std::optional<StepEnd> run_canary(Ground& ground) {
  while (ground.record().paused && !running_trial(ground)) {
    if (!ground.wait(kLook)) return std::nullopt;
  }
  if (ground.record().abort) return aborted_by_operator();
  if (!running_trial(ground) && !trial_ended(ground)) {
    if (auto begun = begin(ground); !begun) {
      if (begun.error().code == "shutting_down") return std::nullopt;
      return not_steered(begun.error());
    }
  }
  for (;;) {
    if (auto end = obey(ground)) return end;
    const auto canary = running_trial(ground);
    if (!canary) {
      const StepEnd end = how_it_ended(ground);
      if (end.kind == Kind::kPassed) {
        const StepEnd held = hold(ground);
        if (held.kind != Kind::kPassed) return held;
      }
      return end;
    }
    if (canary->stage == CanaryStage::kSoak) return hold(ground);
    if (!ground.wait(kLook)) return std::nullopt;
  }
}

std::optional<StepEnd> run_soak(Ground& ground) {
  for (bool released = false;;) {
    const RolloutRecord record = ground.record();
    if (!released && !record.paused) {
      auto resumed = ground.host.steer_canary(CanaryOrder::kResume, "gateway");
      if (!resumed && resumed.error().code == "shutting_down") return std::nullopt;
      released = true;
    }
    if (record.paused) released = false;
    if (auto end = obey(ground)) return end;
    if (!running_trial(ground)) return how_it_ended(ground);
    if (!ground.wait(kLook)) return std::nullopt;
  }
}

std::optional<StepEnd> run_revert(Ground& ground) {
  const RolloutRecord record = ground.record();
  const auto serves = [&] {
    const auto active = ground.host.status().active;
    return active ? active->release.sha256 : std::string();
  };
  std::string trouble;
  if (running_trial(ground)) {
    auto dropped = ground.host.steer_canary(CanaryOrder::kAbort, "gateway");
    if (!dropped && dropped.error().code == "shutting_down") return std::nullopt;
    if (!dropped) trouble = dropped.error().message;
  }
  ground.mark("dropped");
  if (serves() == record.to.sha256) {
    // The first one may only end a canary of another release that was begun since.
    auto back = ground.host.rollback();
    if (back && back->ended) back = ground.host.rollback();
    gateway::Result<void> done;
    if (!back) done = back.error();
    if (back && serves() != record.from.sha256) {
      if (auto swapped = ground.host.swap(record.from.sha256); !swapped) done = swapped.error();
    }
    if (!done && done.error().code == "shutting_down") return std::nullopt;
    if (!done) trouble = done.error().message;
  }
  Checks checks{holds("release_before_serves", serves() == record.from.sha256,
                      trouble.empty() ? "version " + record.from.version : trouble)};
  if (record.quarantine && serves() != record.to.sha256 && !quarantined(ground, record)) {
    auto marked = ground.host.quarantine(record.to.sha256, record.reason);
    checks.push_back(holds("candidate_quarantined", marked.ok(),
                           marked ? record.to.sha256.substr(0, 12) : marked.error().message));
  }
  return end_by(std::move(checks));
}

}  // namespace gateway_app
