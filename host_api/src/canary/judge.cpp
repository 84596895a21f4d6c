#include "canary/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>

namespace gateway {
namespace {

constexpr double kInternalMargin = 0.01;  // of the calls
constexpr std::uint64_t kInternalLeast = 3;
constexpr double kSlowFactor = 1.5;
constexpr std::uint64_t kSlowSlackUs = 5'000;
constexpr std::uint64_t kSlowLeast = 3;   // calls beyond the threshold: one call is no percentile
constexpr std::uint64_t kSlowPart = 100;  // one in so many, but kSlowLeast at least
constexpr std::uint64_t kUsualLeast = 3;  // calls of a tool that tell what it usually takes
constexpr std::uint64_t kPipelineFailures = 1;  // two are a failure
constexpr std::uint32_t kShares[] = {1, 5, 25, 50};

double rate(std::uint64_t errors, std::uint64_t calls) {
  return calls == 0 ? 0 : static_cast<double>(errors) / static_cast<double>(calls);
}
double internal_rate(const StageCounts& counts) {
  return rate(counts.candidate.internal_errors, counts.candidate.calls);
}
// In a soak the active release is asked only what the candidate's answer to is in doubt: of the other calls it would
// have failed none.
double usual_internal_rate(const StageCounts& counts) {
  const std::uint64_t calls = counts.stage == CanaryStage::kSoak
                                  ? std::max(counts.active.calls, counts.candidate.calls)
                                  : counts.active.calls;
  return rate(counts.active.internal_errors, calls);
}

std::uint64_t all_differences(const CanaryCounters& counters) {
  return std::accumulate(counters.differences.begin(), counters.differences.end(),
                         std::uint64_t{0});
}

CanaryMeasure counted(std::string rule, std::uint64_t value, std::uint64_t most) {
  return {std::move(rule), static_cast<double>(value), 0, static_cast<double>(most), value > most};
}

CanaryMeasure internal_errors(const StageCounts& counts, const CanaryPolicy&) {
  const double failing = internal_rate(counts);
  const double usual = usual_internal_rate(counts);
  const double most = usual + kInternalMargin;
  const bool broken = counts.candidate.internal_errors >= kInternalLeast && failing > most;
  return {"internal_error_rate", failing, usual, most, broken};
}

// What the candidate took for what the active release ran, too, and what that one takes for the same mixture: who calls
// heavier tools than before, or tools that nobody called before, condemns no release.
struct Compared {
  LatencyTally candidate;
  LatencyTally active;
};
Compared like_with_like(const StageCounts& counts) {
  Compared out;
  for (const auto& [name, tally] : counts.candidate.latency) {
    const auto usual = counts.active.latency.find(name);
    if (usual == counts.active.latency.end() || usual->second.count() < kUsualLeast) continue;
    out.candidate.add(tally, 1);
    out.active.add(usual->second,
                   static_cast<double>(tally.count()) / static_cast<double>(usual->second.count()));
  }
  return out;
}

// Judged as soon as the stage may be passed, on however many of its calls can be compared.
CanaryMeasure slower(const StageCounts& counts, const CanaryPolicy& policy) {
  const auto [candidate, active] = like_with_like(counts);
  const std::uint64_t slowest = std::max(kSlowLeast, candidate.count() / kSlowPart + 1);
  const std::uint64_t p99 = candidate.reached_us(slowest);
  const auto usual = static_cast<double>(active.percentile_us(0.99));
  const auto most = static_cast<std::uint64_t>(kSlowFactor * usual + kSlowSlackUs);
  const bool broken = counts.candidate.calls >= policy.min_samples && p99 > most;
  return {"p99_us", static_cast<double>(p99), usual, static_cast<double>(most), broken};
}

CanaryMeasure differences(const StageCounts& counts, const CanaryPolicy&) {
  return counted("shadow_differences", all_differences(counts.candidate), 0);
}
CanaryMeasure escalations(const StageCounts& counts, const CanaryPolicy&) {
  return counted("escalations", counts.candidate.escalations, 0);
}
CanaryMeasure over_budget(const StageCounts& counts, const CanaryPolicy&) {
  return counted("escalations_over_budget", counts.candidate.over_budget, 0);
}
CanaryMeasure pipeline_failures(const StageCounts& counts, const CanaryPolicy&) {
  return counted("pipeline_failures", counts.candidate.pipeline_failures, kPipelineFailures);
}
CanaryMeasure violations(const StageCounts& counts, const CanaryPolicy&) {
  return counted("invariant_violations", counts.candidate.violations, 0);
}

// The rules, the gravest first: the first broken one is the reason.
struct Rule {
  CanaryMeasure (*measure)(const StageCounts&, const CanaryPolicy&);
  const char* text;  // {0}: the value, {1}: the threshold
};
constexpr Rule kRules[] = {
    {violations, "{0} writes broke an invariant of the active release (at most {1})"},
    {escalations, "{0} escalations that the active release would not have written (at most {1})"},
    {over_budget, "{0} steps escalated more than their budget allows (at most {1})"},
    {pipeline_failures,
     "{0} pipeline failures that the active release does not have (at most {1})"},
    {internal_errors, "{0:.4f} of its calls ended in an internal error (at most {1:.4f})"},
    {differences,
     "{0} answers differ from the active release's and are not allowed to (at most {1})"},
    {slower, "the slowest of its calls that can be compared took {0} us or more (at most {1} us)"},
};

std::uint64_t needed_samples(const StageCounts& counts, const CanaryPolicy& policy) {
  const double expected = usual_internal_rate(counts) * static_cast<double>(counts.candidate.calls);
  const auto excess = static_cast<double>(counts.candidate.internal_errors) - expected;
  const std::uint64_t suspects = excess > 0 ? static_cast<std::uint64_t>(excess + 0.5) : 0;
  return std::uint64_t{policy.min_samples} *
         (1 + std::min<std::uint64_t>(suspects, kInternalLeast - 1));
}

}  // namespace

CanaryVerdict judge(const StageCounts& counts, const CanaryPolicy& policy) {
  CanaryVerdict verdict;
  verdict.needed_samples = needed_samples(counts, policy);
  for (const Rule& rule : kRules) {
    CanaryMeasure measure = rule.measure(counts, policy);
    if (measure.broken && verdict.judgement != Judgement::kFail) {
      verdict.judgement = Judgement::kFail;
      verdict.rule = measure.rule;
      verdict.reason = fmt::format(fmt::runtime(rule.text), measure.value, measure.threshold);
    }
    verdict.measures.push_back(std::move(measure));
  }
  if (verdict.judgement == Judgement::kFail) return verdict;
  const bool enough = counts.candidate.calls >= verdict.needed_samples;
  const bool spread =
      counts.stage != CanaryStage::kSplit ||
      split_share(counts.elapsed_ms, counts.candidate.calls, policy) == *std::rbegin(kShares);
  if (enough && spread && counts.elapsed_ms >= policy.least_ms(counts.stage)) {
    verdict.judgement = Judgement::kPass;
  } else if (!enough && counts.elapsed_ms >= policy.timeout_of(counts.stage)) {
    verdict.judgement = Judgement::kInconclusive;
    verdict.rule = "too_few_samples";
    verdict.reason =
        fmt::format("{} samples in {} s of {}; {} are needed to judge", counts.candidate.calls,
                    counts.elapsed_ms / 1000, stage_name(counts.stage), verdict.needed_samples);
  }
  return verdict;
}

Latencies soak_baseline(Latencies ever, const Latencies& stage, const CanaryPolicy& policy) {
  for (const auto& [name, tally] : stage) {
    LatencyTally& known = ever[name];
    if (tally.count() >= std::min<std::uint64_t>(policy.min_samples, known.count())) known = tally;
  }
  return ever;
}

std::uint32_t split_share(std::int64_t elapsed_ms, std::uint64_t samples,
                          const CanaryPolicy& policy) {
  const std::uint32_t last = *std::rbegin(kShares);
  const std::int64_t step_ms =
      policy.least_ms(CanaryStage::kSplit) / static_cast<std::int64_t>(std::size(kShares));
  std::int64_t until_ms = 0;
  for (const std::uint32_t share : kShares) {
    until_ms += step_ms;
    const std::uint64_t needed = std::uint64_t{policy.min_samples} * share / last;
    if (elapsed_ms < until_ms || samples < needed) return share;
  }
  return last;
}

}  // namespace gateway
