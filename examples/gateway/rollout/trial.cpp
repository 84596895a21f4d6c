#include "rollout/trial.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gateway_app {
namespace {

using gateway::CanaryStatus;
using gateway::HistoryEntry;
using Kind = StepEnd::Kind;

constexpr std::chrono::milliseconds kFresh{300};  // the host's tick takes 50
constexpr double kErrorsBelowABurst = 2;          // the canary's own rule needs three

struct Row {
  std::string_view event;
  Kind kind;
};
constexpr Row kEnds[] = {
    {"marked_good", Kind::kPassed},     {"canary_failed", Kind::kFailed},
    {"quarantined", Kind::kFailed},     {"canary_inconclusive", Kind::kInconclusive},
    {"canary_aborted", Kind::kAborted},
};

bool is_escalation(std::string_view rule) { return rule.starts_with("escalations"); }

bool escalated(const HistoryEntry& entry) {
  return std::any_of(entry.figures.begin(), entry.figures.end(),
                     [](const gateway::Figure& f) { return f.exceeded && is_escalation(f.name); });
}

// A stage's own rules carry its name already.
std::string gate_name(const std::string& stage, const std::string& rule) {
  return rule.starts_with(stage + "_") ? rule : stage + "_" + rule;
}

}  // namespace

std::optional<StepEnd> end_by_history(const std::vector<HistoryEntry>& history,
                                      const std::string& sha256, std::int64_t since_ms) {
  for (const HistoryEntry& entry : history) {
    if (entry.at_ms < since_ms) return std::nullopt;
    if (entry.release.sha256 != sha256) continue;
    if (entry.event == "canary_started") return std::nullopt;  // a later one: it runs
    const auto* row = std::find_if(std::begin(kEnds), std::end(kEnds),
                                   [&](const Row& r) { return r.event == entry.event; });
    if (row == std::end(kEnds)) continue;
    StepEnd end;
    end.kind = row->kind;
    if (end.kind != Kind::kPassed) end.reason = entry.detail;
    if (escalated(entry)) end.trigger = "escalation";
    return end;
  }
  return std::nullopt;
}

Checks stages_by_history(const std::vector<HistoryEntry>& history, const std::string& sha256,
                         std::int64_t since_ms) {
  Checks checks;
  for (auto entry = history.rbegin(); entry != history.rend(); ++entry) {
    const bool moved = entry->event == "canary_stage" || entry->event == "promoted";
    if (!moved || entry->release.sha256 != sha256 || entry->at_ms < since_ms) continue;
    if (entry->detail.empty() || entry->figures.empty()) continue;  // its first stage
    const auto passed = entry->detail.find(" passed with ");
    if (passed == std::string::npos) {
      checks.push_back(holds("moved_on", true, entry->detail));
      continue;
    }
    const std::string stage = entry->detail.substr(0, passed);
    checks.push_back(holds(stage + "_passed", true, entry->detail));
    for (const gateway::Figure& figure : entry->figures) {
      checks.push_back(at_most(gate_name(stage, figure.name), figure.value, figure.threshold,
                               fmt::format("the release before: {:g}", figure.baseline)));
    }
  }
  return checks;
}

Checks checks_of(const CanaryStatus& status) {
  const std::string stage(gateway::stage_name(status.stage));
  Checks checks{at_least(stage + "_samples", static_cast<double>(status.candidate_counters.calls),
                         static_cast<double>(status.verdict.needed_samples))};
  for (const gateway::CanaryMeasure& measure : status.verdict.measures) {
    checks.push_back(at_most(gate_name(stage, measure.rule), measure.value, measure.threshold,
                             fmt::format("the release before: {:g}", measure.baseline)));
  }
  return checks;
}

StepEnd end_of_canary(const CanaryStatus& status) {
  StepEnd end;
  end.checks = checks_of(status);
  if (status.outcome == "promoted") return end;
  end.kind = status.outcome == "rolled_back"    ? Kind::kFailed
             : status.outcome == "inconclusive" ? Kind::kInconclusive
                                                : Kind::kAborted;
  end.reason = fmt::format("{} in {}: {}", status.outcome, gateway::stage_name(status.stage),
                           status.verdict.reason);
  if (status.outcome == "rolled_back" && is_escalation(status.verdict.rule)) {
    end.trigger = "escalation";
  }
  return end;
}

std::optional<CanaryStatus> running_trial(Ground& ground) {
  auto canary = ground.host.canary();
  if (!canary || !canary->running) return std::nullopt;
  if (canary->candidate.sha256 != ground.record().to.sha256) return std::nullopt;
  return canary;
}

std::optional<StepEnd> trial_ended(Ground& ground) {
  const RolloutRecord record = ground.record();
  const auto canary = ground.host.canary();
  if (canary && canary->candidate.sha256 == record.to.sha256 &&
      canary->started_ms >= record.started_ms) {
    if (canary->running) return std::nullopt;
    return end_of_canary(*canary);
  }
  return end_by_history(ground.host.history(), record.to.sha256, record.started_ms);
}

std::optional<Check> trial_errors(Ground& ground) {
  const auto canary = running_trial(ground);
  if (!canary) return std::nullopt;
  return at_most("candidate_internal_errors",
                 static_cast<double>(canary->candidate_counters.internal_errors),
                 kErrorsBelowABurst,
                 fmt::format("of {} calls in {}", canary->candidate_counters.calls,
                             gateway::stage_name(canary->stage)));
}

bool counts_are_fresh(Ground& ground) { return ground.wait(kFresh); }

Checks conduct_of(const CanaryStatus& status) {
  const gateway::CanaryCounters& candidate = status.candidate_counters;
  return {at_most("candidate_pipeline_failures", static_cast<double>(candidate.pipeline_failures),
                  0, "publishes that failed in its hands"),
          at_most("candidate_violations", static_cast<double>(candidate.violations), 0),
          at_most("candidate_escalations", static_cast<double>(candidate.escalations), 0)};
}

StepEnd aborted_by_operator() { return {StepEnd::Kind::kAborted, {}, "the operator ended it", {}}; }

}  // namespace gateway_app
