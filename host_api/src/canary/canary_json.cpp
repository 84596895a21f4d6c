#include "canary/canary_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/json.hpp"
#include "host/json_fields.hpp"
#include "loading/text.hpp"

namespace gateway {
namespace {

namespace json = base::json;

double seconds(std::int64_t ms) { return static_cast<double>(ms) / 1000; }

json::object policy_json(const CanaryPolicy& policy) {
  json::array allow;
  for (const AllowedDifference& entry : policy.allow) {
    allow.push_back(json::object{{"tool", entry.tool}, {"pointer", entry.pointer}});
  }
  return {{"fromStage", stage_name(policy.from_stage)},
          {"minSamples", policy.min_samples},
          {"stageSeconds", seconds(policy.stage_ms)},
          {"soakSeconds", seconds(policy.soak_ms)},
          {"stageTimeoutSeconds", seconds(policy.timeout_ms)},
          {"shadowPercent", policy.shadow_percent},
          {"allow", std::move(allow)}};
}

// Each reads one member into a policy; false when it is not what it should be.
bool read_stage(const json::value& v, CanaryPolicy& out) {
  if (!v.is_string()) return false;
  const auto stage = parse_stage(std::string_view(v.get_string()));
  if (stage) out.from_stage = *stage;
  return stage.has_value();
}

template <std::uint32_t CanaryPolicy::*Member, std::int64_t Min, std::int64_t Max>
bool read_count(const json::value& v, CanaryPolicy& out) {
  if (!v.is_int64() || v.get_int64() < Min || v.get_int64() > Max) return false;
  out.*Member = static_cast<std::uint32_t>(v.get_int64());
  return true;
}

template <std::int64_t CanaryPolicy::*Member>
bool read_seconds(const json::value& v, CanaryPolicy& out) {
  constexpr double kMost = 30.0 * 86'400;
  boost::system::error_code error;
  const auto given = v.is_number() ? v.to_number<double>(error) : -1;
  if (given < 0 || given > kMost) return false;
  out.*Member = static_cast<std::int64_t>(given * 1000);
  return true;
}

// Bounded: it is part of the record of what boots.
constexpr std::size_t kMostAllowed = 100;
constexpr std::size_t kLongestAllowed = 1'000;  // bytes of a pointer, or of a tool's name

bool read_allow(const json::value& v, CanaryPolicy& out) {
  if (!v.is_array() || v.get_array().size() > kMostAllowed) return false;
  std::vector<AllowedDifference> allow;
  for (const json::value& entry : v.get_array()) {
    auto tool = fields::text(entry, "tool");
    auto pointer = fields::text(entry, "pointer");
    if (!tool || !pointer || (!pointer->empty() && pointer->front() != '/')) return false;
    if (tool->size() > kLongestAllowed || pointer->size() > kLongestAllowed) return false;
    allow.push_back({std::move(*tool), std::move(*pointer)});
  }
  out.allow = std::move(allow);
  return true;
}

struct PolicyMember {
  std::string_view name;
  bool (*read)(const json::value&, CanaryPolicy&);
  std::string_view expected;
};
constexpr PolicyMember kPolicy[] = {
    {"fromStage", read_stage, "\"shadow\", \"split\" or \"soak\""},
    {"minSamples", read_count<&CanaryPolicy::min_samples, 1, 1'000'000>,
     "a whole number from 1 to 1000000"},
    {"stageSeconds", read_seconds<&CanaryPolicy::stage_ms>, "seconds, up to 30 days"},
    {"soakSeconds", read_seconds<&CanaryPolicy::soak_ms>, "seconds, up to 30 days"},
    {"stageTimeoutSeconds", read_seconds<&CanaryPolicy::timeout_ms>, "seconds, up to 30 days"},
    {"shadowPercent", read_count<&CanaryPolicy::shadow_percent, 1, 100>,
     "a whole number from 1 to 100"},
    {"allow", read_allow,
     "an array of up to 100 {\"tool\", \"pointer\"}, each up to 1000 bytes, a pointer beginning "
     "with /"},
};

json::object counters_json(const CanaryCounters& counters) {
  const LatencyTally latency = all_of(counters.latency);
  json::object differences;
  for (std::size_t i = 0; i < kDifferences; ++i) {
    differences[difference_name(static_cast<Difference>(i))] = counters.differences[i];
  }
  return {{"calls", counters.calls},
          {"internalErrors", counters.internal_errors},
          {"p50Us", latency.percentile_us(0.5)},
          {"p99Us", latency.percentile_us(0.99)},
          {"violations", counters.violations},
          {"escalations", counters.escalations},
          {"overBudget", counters.over_budget},
          {"pipelineFailures", counters.pipeline_failures},
          {"differences", std::move(differences)}};
}

// {"<tool>": [[<up to us>, <times>], ...]}
json::object latencies_json(const Latencies& latencies) {
  json::object out;
  for (const auto& [name, tally] : latencies) {
    json::array buckets;
    for (const auto& [us, times] : tally.buckets()) buckets.push_back(json::array{us, times});
    out[name] = std::move(buckets);
  }
  return out;
}

Latencies read_latencies(const json::value& v) {
  Latencies out;
  if (!v.is_object()) return out;
  for (const auto& tool : v.get_object()) {
    if (!tool.value().is_array()) continue;
    LatencyTally& tally = out[std::string(tool.key())];
    for (const json::value& bucket : tool.value().get_array()) {
      const auto* pair = bucket.if_array();
      if (pair == nullptr || pair->size() != 2) continue;
      boost::system::error_code error;
      const auto us = pair->front().to_number<std::uint64_t>(error);
      if (error) continue;
      const auto times = pair->back().to_number<std::uint64_t>(error);
      if (!error) tally.add(us, times);
    }
  }
  return out;
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
  return json::canonical(json::object{{"id", progress.id},
                                      {"paused", progress.paused},
                                      {"policy", policy_json(progress.policy)},
                                      {"latencyBefore", latencies_json(progress.latency_before)}});
}

Result<CanaryPolicy> read_policy(std::string_view text, CanaryPolicy defaults) {
  const auto parsed = json::parse(text);
  if (!parsed || !parsed->is_object()) {
    return Error{"invalid_request", "policy: expected an object"};
  }
  for (const auto& given : parsed->get_object()) {
    const std::string_view key(given.key().data(), given.key().size());
    const auto* member = std::find_if(std::begin(kPolicy), std::end(kPolicy),
                                      [&](const PolicyMember& known) { return known.name == key; });
    if (member == std::end(kPolicy)) {
      return Error{"invalid_request",
                   fmt::format("{}: unknown; a canary's policy has fromStage, minSamples, "
                               "stageSeconds, soakSeconds, stageTimeoutSeconds, shadowPercent, "
                               "allow",
                               key)};
    }
    if (!member->read(given.value(), defaults)) {
      return Error{"invalid_request", fmt::format("{}: expected {}, got {}", key, member->expected,
                                                  printable(json::canonical(given.value())))};
    }
  }
  return defaults;
}

CanaryProgress parse_progress(std::string_view text) {
  CanaryProgress progress;
  const auto parsed = json::parse(text);
  if (!parsed) return progress;
  progress.id = fields::text(*parsed, "id").value_or("");
  const json::value* paused = json::find(*parsed, "paused");
  progress.paused = paused != nullptr && paused->is_bool() && paused->get_bool();
  const json::value* policy = json::find(*parsed, "policy");
  auto read =
      policy ? read_policy(json::canonical(*policy), {}) : Result<CanaryPolicy>(CanaryPolicy{});
  if (read) progress.policy = std::move(*read);
  if (const json::value* before = json::find(*parsed, "latencyBefore")) {
    progress.latency_before = read_latencies(*before);
  }
  return progress;
}

}  // namespace gateway
