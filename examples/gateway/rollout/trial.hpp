// The candidate's trial (the host's canary) as a rollout sees it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rollout/ground.hpp"

namespace gateway_app {

// How a trial of these bytes, begun after `since_ms`, ended by the slot's history (newest first); nothing: it has not, or
// there was none. Passed: the release was marked good. Pure.
std::optional<StepEnd> end_by_history(const std::vector<gateway::HistoryEntry>& history,
                                      const std::string& sha256, std::int64_t since_ms);

// The stages that a trial of these bytes, begun after `since_ms`, has left behind, with the rules they were judged by:
// "shadow_passed", "shadow_p99_us", ... Pure.
Checks stages_by_history(const std::vector<gateway::HistoryEntry>& history,
                         const std::string& sha256, std::int64_t since_ms);

// The rules of a stage as gates: "shadow_p99_us", ..., and the samples that were judged. Pure.
Checks checks_of(const gateway::CanaryStatus& status);

// How a canary that has ended did so. Pure.
StepEnd end_of_canary(const gateway::CanaryStatus& status);

// The rollout's canary while it runs.
std::optional<gateway::CanaryStatus> running_trial(Ground& ground);

// How the rollout's canary ended; nothing while it runs, or when there was none yet.
std::optional<StepEnd> trial_ended(Ground& ground);

// "no error burst": internal errors of the candidate in the soak so far; nothing when the trial is over.
std::optional<Check> trial_errors(Ground& ground);

// The host tells the trial's counts a few times a second: waits until they hold what was done before. False: the gateway
// is stopping.
bool counts_are_fresh(Ground& ground);

// What the candidate did wrong while the lifecycle was validated. Callers may not have seen it: in a soak the release
// before answers in the candidate's place. Pure.
Checks conduct_of(const gateway::CanaryStatus& status);

StepEnd aborted_by_operator();

}  // namespace gateway_app
