// The runbook as a state machine: what comes after a step, given how it ended. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "rollout/record.hpp"

namespace gateway_app {

// How a step ended.
struct StepEnd {
  enum class Kind : std::uint8_t {
    kPassed,
    kFailed,        // a no-go
    kInconclusive,  // too little traffic to tell
    kAborted        // the operator ended it, or nothing can be told: not the candidate's fault
  };
  Kind kind = Kind::kPassed;
  Checks checks{};        // added to those of the step's phase
  std::string reason{};   // of every kind but kPassed
  std::string trigger{};  // "escalation" when that is the reason
};

// Passed, or failed with the checks as the reason.
StepEnd end_by(Checks checks);

// A new rollout, about to begin its preflight.
RolloutRecord begin_rollout(std::string id, RolloutPlan plan, const ReleaseId& to,
                            const ReleaseId& from, RolloutNode node, std::int64_t now_ms);

// The record after its step ended so. Going forward a step that did not pass turns the rollout back: what was changed is
// undone, step by step; of the preflight nothing was. Going back, a step that did not pass is noted, and the next comes
// all the same.
RolloutRecord advance(RolloutRecord record, const StepEnd& end, std::int64_t now_ms);

// The operator goes back to the release before, after it was promoted.
RolloutRecord go_back(RolloutRecord record, std::int64_t now_ms);

void note_event(RolloutRecord& record, std::int64_t now_ms, std::string by, std::string text);

// The exit status of `rollout start --wait`: 0 promoted, 5 inconclusive, else 1.
int exit_of_rollout(std::string_view outcome);

}  // namespace gateway_app
