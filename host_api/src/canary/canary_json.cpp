#include "canary/canary_json.hpp"

#include "base/json.hpp"
#include "host/json_fields.hpp"

namespace gateway {
namespace {

namespace json = base::json;

json::object policy_json(const CanaryPolicy& policy) {
  json::array allow;
  for (const AllowedDifference& entry : policy.allow) {
    allow.push_back(json::object{{"tool", entry.tool}, {"pointer", entry.pointer}});
  }
  return {{"fromStage", stage_name(policy.from_stage)},
          {"minSamples", policy.min_samples},
          {"stageMs", policy.stage_ms},
          {"soakMs", policy.soak_ms},
          {"stageTimeoutMs", policy.timeout_ms},
          {"shadowPercent", policy.shadow_percent},
          {"allow", std::move(allow)}};
}

CanaryPolicy read_policy(const json::value& v) {
  CanaryPolicy policy;
  policy.from_stage =
      parse_stage(fields::text(v, "fromStage").value_or("")).value_or(policy.from_stage);
  policy.min_samples = fields::small(v, "minSamples").value_or(policy.min_samples);
  policy.stage_ms = fields::integer(v, "stageMs").value_or(policy.stage_ms);
  policy.soak_ms = fields::integer(v, "soakMs").value_or(policy.soak_ms);
  policy.timeout_ms = fields::integer(v, "stageTimeoutMs").value_or(policy.timeout_ms);
  policy.shadow_percent = fields::small(v, "shadowPercent").value_or(policy.shadow_percent);
  const json::value* allow = json::find(v, "allow");
  if (allow == nullptr || !allow->is_array()) return policy;
  for (const json::value& entry : allow->get_array()) {
    policy.allow.push_back(
        {fields::text(entry, "tool").value_or(""), fields::text(entry, "pointer").value_or("")});
  }
  return policy;
}

json::object counters_json(const CanaryCounters& counters) {
  json::object differences;
  for (std::size_t i = 0; i < kDifferences; ++i) {
    differences[difference_name(static_cast<Difference>(i))] = counters.differences[i];
  }
  return {{"calls", counters.calls},
          {"internalErrors", counters.internal_errors},
          {"p50Us", counters.latency.percentile_us(0.5)},
          {"p99Us", counters.latency.percentile_us(0.99)},
          {"violations", counters.violations},
          {"escalations", counters.escalations},
          {"overBudget", counters.over_budget},
          {"pipelineFailures", counters.pipeline_failures},
          {"differences", std::move(differences)}};
}

json::object verdict_json(const CanaryVerdict& verdict) {
  json::array measures;
  for (const CanaryMeasure& measure : verdict.measures) {
    measures.push_back(json::object{{"rule", measure.rule},
                                    {"value", measure.value},
                                    {"baseline", measure.baseline},
                                    {"threshold", measure.threshold},
                                    {"broken", measure.broken}});
  }
  return {{"judgement", judgement_name(verdict.judgement)},
          {"rule", verdict.rule},
          {"reason", verdict.reason},
          {"neededSamples", verdict.needed_samples},
          {"measures", std::move(measures)}};
}

}  // namespace

std::string to_json(const CanaryStatus& status) {
  json::object out{
      {"id", status.id},
      {"candidate", fields::object_of(status.candidate)},
      {"active", fields::object_of(status.active)},
      {"stage", stage_name(status.stage)},
      {"running", status.running},
      {"paused", status.paused},
      {"outcome", status.outcome},
      {"sharePercent", status.share_percent},
      {"startedAt", status.started_ms},
      {"stageStartedAt", status.stage_started_ms},
      {"stageElapsedMs", status.stage_elapsed_ms},
      {"stageLeastMs", status.policy.least_ms(status.stage)},
      {"stageTimeoutMs", status.policy.timeout_of(status.stage)},
      {"policy", policy_json(status.policy)},
      {"counters",
       {{"active", counters_json(status.active_counters)},
        {"candidate", counters_json(status.candidate_counters)}}},
      {"shed", status.shed},
      {"stale", status.stale},
      {"restarts", status.restarts},
      {"verdict", verdict_json(status.verdict)},
      {"evidence", status.evidence.empty() ? json::value(nullptr) : json::value(status.evidence)}};
  return json::canonical(out);
}

std::string to_json(const CanaryProgress& progress) {
  return json::canonical(json::object{
      {"id", progress.id}, {"paused", progress.paused}, {"policy", policy_json(progress.policy)}});
}

CanaryProgress parse_progress(std::string_view text) {
  CanaryProgress progress;
  const auto parsed = json::parse(text);
  if (!parsed) return progress;
  progress.id = fields::text(*parsed, "id").value_or("");
  const json::value* paused = json::find(*parsed, "paused");
  progress.paused = paused != nullptr && paused->is_bool() && paused->get_bool();
  if (const json::value* policy = json::find(*parsed, "policy")) {
    progress.policy = read_policy(*policy);
  }
  return progress;
}

}  // namespace gateway
