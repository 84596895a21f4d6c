// How a trial is judged, as an operator words it: options that `plugins canary` and `rollout start` have in common.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/json_text.hpp"

namespace gateway_app {

// A negative number: not said, the gateway's own value holds.
struct TrialWords {
  std::int64_t min_samples = -1;
  double stage_seconds = -1;
  double timeout_seconds = -1;
  std::int64_t shadow_percent = -1;
  std::vector<std::string> allow;  // TOOL:POINTER
};

// --min-samples, --stage-timeout, --stage-seconds, --shadow-percent, --allow. `words` has to outlive `command`.
void add_trial_options(CLI::App& command, TrialWords& words);

// A number of seconds that a trial can last.
CLI::Validator trial_seconds();

// The members of a policy (gateway::read_policy) that were said.
json::object policy_of(const TrialWords& words);

}  // namespace gateway_app
