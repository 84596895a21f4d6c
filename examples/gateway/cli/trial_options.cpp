#include "cli/trial_options.hpp"

#include "cli/canary_text.hpp"
#include "cli/list_option.hpp"

namespace gateway_app {

void add_trial_options(CLI::App& command, TrialWords& words) {
  command.add_option("--min-samples", words.min_samples, "Calls that a stage needs (200)")
      ->check(CLI::Range(1, 1'000'000));
  command
      .add_option("--stage-timeout", words.timeout_seconds,
                  "Seconds after which a stage short of samples is inconclusive "
                  "(4 times its least time, at least 10)")
      ->check(trial_seconds());
  command
      .add_option("--stage-seconds", words.stage_seconds, "Least time of shadow and of split (10)")
      ->check(trial_seconds());
  command.add_option("--shadow-percent", words.shadow_percent, "Share of calls shadowed (100)")
      ->check(CLI::Range(1, 100));
  add_list(command, "--allow", words.allow,
           "TOOL:POINTER of an intended difference, such as ansible_status:/reply/x")
      ->type_name("TOOL:POINTER");
}

// Also no NaN, which no comparison holds against it.
CLI::Validator trial_seconds() {
  constexpr double kMost = 30.0 * 86'400;
  return CLI::Validator(
      [](const std::string& text) {
        double value = -1;
        const bool fits = CLI::detail::lexical_cast(text, value) && value >= 0 && value <= kMost;
        return fits ? std::string() : "expected seconds, up to 2592000 (30 days), got " + text;
      },
      "SECONDS");
}

json::object policy_of(const TrialWords& words) {
  json::object policy;
  if (words.min_samples >= 0) policy["minSamples"] = words.min_samples;
  if (words.stage_seconds >= 0) policy["stageSeconds"] = words.stage_seconds;
  if (words.timeout_seconds >= 0) policy["stageTimeoutSeconds"] = words.timeout_seconds;
  if (words.shadow_percent >= 0) policy["shadowPercent"] = words.shadow_percent;
  json::array allow;
  for (const std::string& word : words.allow) {
    const gateway::AllowedDifference allowed = allowed_difference(word);
    allow.push_back(json::object{{"tool", allowed.tool}, {"pointer", allowed.pointer}});
  }
  if (!allow.empty()) policy["allow"] = std::move(allow);
  return policy;
}

}  // namespace gateway_app
