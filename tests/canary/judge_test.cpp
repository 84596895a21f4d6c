#include "canary/judge.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>

using namespace gateway;

namespace {

// Both sides of a stage that is going well: 400 calls of the active release, 200 of the candidate, 1 ms each.
struct Numbers {
  CanaryStage stage = CanaryStage::kShadow;
  std::int64_t elapsed_ms = 10'000;
  CanaryCounters active;
  CanaryCounters candidate;
  CanaryPolicy policy;

  Numbers() {
    calls(active, 400);
    calls(candidate, 200);
  }
  static void calls(CanaryCounters& side, std::uint64_t n, std::uint64_t us = 1'000) {
    side.calls = n;
    side.latency = {};
    side.latency["work"].add(us, n);
  }
  CanaryVerdict judged() const { return judge({stage, elapsed_ms, active, candidate}, policy); }
};

struct Case {
  const char* name;
  std::function<void(Numbers&)> change;
  Judgement expected;
  const char* rule;
};

const Case kCases[] = {
    {"time and samples reached", [](Numbers&) {}, Judgement::kPass, ""},
    {"too early", [](Numbers& n) { n.elapsed_ms = 9'999; }, Judgement::kGoOn, ""},
    {"one sample short", [](Numbers& n) { Numbers::calls(n.candidate, 199); }, Judgement::kGoOn,
     ""},
    {"one sample short just before the timeout",
     [](Numbers& n) {
       Numbers::calls(n.candidate, 199);
       n.elapsed_ms = 39'999;
     },
     Judgement::kGoOn, ""},
    {"one sample short at the timeout",
     [](Numbers& n) {
       Numbers::calls(n.candidate, 199);
       n.elapsed_ms = 40'000;
     },
     Judgement::kInconclusive, "too_few_samples"},
    {"no traffic at all",
     [](Numbers& n) {
       n.active = n.candidate = {};
       n.elapsed_ms = 40'000;
     },
     Judgement::kInconclusive, "too_few_samples"},
    {"a timeout is never under 10 s",
     [](Numbers& n) {
       n.candidate = {};
       n.policy.stage_ms = 100;
       n.elapsed_ms = 9'999;
     },
     Judgement::kGoOn, ""},
    {"a timeout of one's own",
     [](Numbers& n) {
       n.candidate = {};
       n.policy.timeout_ms = 2'000;
       n.elapsed_ms = 2'000;
     },
     Judgement::kInconclusive, "too_few_samples"},
    {"three internal errors in 200 calls", [](Numbers& n) { n.candidate.internal_errors = 3; },
     Judgement::kFail, "internal_error_rate"},
    {"two internal errors ask for three times the samples",
     [](Numbers& n) { n.candidate.internal_errors = 2; }, Judgement::kGoOn, ""},
    {"one internal error in 400 calls",
     [](Numbers& n) {
       Numbers::calls(n.candidate, 400);
       n.candidate.internal_errors = 1;
     },
     Judgement::kPass, ""},
    {"three internal errors in 300 calls are one per cent, not above",
     [](Numbers& n) {
       Numbers::calls(n.candidate, 300);
       n.candidate.internal_errors = 3;
     },
     Judgement::kGoOn, ""},
    {"as many internal errors as the active release",
     [](Numbers& n) {
       n.active.internal_errors = 12;
       n.candidate.internal_errors = 6;
     },
     Judgement::kPass, ""},
    {"p99 at 1.5 times and 5 ms", [](Numbers& n) { Numbers::calls(n.candidate, 200, 6'400); },
     Judgement::kPass, ""},
    {"p99 beyond 1.5 times and 5 ms", [](Numbers& n) { Numbers::calls(n.candidate, 200, 8'000); },
     Judgement::kFail, "p99_us"},
    {"two slow calls in 200 are under one per cent... and three are above",
     [](Numbers& n) {
       Numbers::calls(n.candidate, 198);
       n.candidate.latency["work"].add(90'000, 3);
       n.candidate.calls = 201;
     },
     Judgement::kFail, "p99_us"},
    {"two slow calls in 201",
     [](Numbers& n) {
       Numbers::calls(n.candidate, 199);
       n.candidate.latency["work"].add(90'000, 2);
       n.candidate.calls = 201;
     },
     Judgement::kPass, ""},
    {"slow, but too few samples to say so",
     [](Numbers& n) { Numbers::calls(n.candidate, 199, 90'000); }, Judgement::kGoOn, ""},
    {"slow, and nothing to compare with",
     [](Numbers& n) {
       n.active = {};
       Numbers::calls(n.candidate, 200, 90'000);
     },
     Judgement::kPass, ""},
    {"heavy tools that the active release never ran",
     [](Numbers& n) { n.candidate.latency["publish"].add(90'000, 100); }, Judgement::kPass, ""},
    {"a heavy tool that the active release ran twice: nobody knows what it takes",
     [](Numbers& n) {
       n.active.latency["publish"].add(1'000, 2);
       n.candidate.latency["publish"].add(90'000, 100);
     },
     Judgement::kPass, ""},
    {"a heavy tool that is called a hundred times as often as before",
     [](Numbers& n) {
       n.active.latency["publish"].add(90'000, 3);
       n.candidate.latency["publish"].add(90'000, 150);
     },
     Judgement::kPass, ""},
    {"a tool that became slow, hidden behind one that is slow and seldom called now",
     [](Numbers& n) {
       n.active.latency["publish"].add(90'000, 300);
       n.candidate.latency["publish"].add(90'000, 1);
       n.candidate.latency["work"].add(80'000, 20);
     },
     Judgement::kFail, "p99_us"},
    {"a tool that became slow beside others that did not",
     [](Numbers& n) {
       n.active.latency["look"].add(1'000, 400);
       n.candidate.latency["look"].add(20'000, 10);
     },
     Judgement::kFail, "p99_us"},
    {"slow, and one of its calls was of a tool that the active release never ran",
     [](Numbers& n) {
       Numbers::calls(n.candidate, 199, 90'000);
       n.candidate.latency["sweep:once"].add(1'000);
       n.candidate.calls = 200;
     },
     Judgement::kFail, "p99_us"},
    {"slow in a few calls among many that cannot be compared",
     [](Numbers& n) {
       Numbers::calls(n.candidate, 3, 90'000);
       n.candidate.latency["publish"].add(1'000, 197);
       n.candidate.calls = 200;
     },
     Judgement::kFail, "p99_us"},
    {"slow twice among many that cannot be compared: two calls are no percentile",
     [](Numbers& n) {
       Numbers::calls(n.candidate, 2, 90'000);
       n.candidate.latency["publish"].add(1'000, 198);
       n.candidate.calls = 200;
     },
     Judgement::kPass, ""},
    {"beyond the threshold, but by less than an eighth: durations are known no better",
     [](Numbers& n) { Numbers::calls(n.candidate, 200, 6'600); }, Judgement::kPass, ""},
    {"in a soak the release before was asked the doubtful calls alone",
     [](Numbers& n) {
       n.stage = CanaryStage::kSoak;
       Numbers::calls(n.active, 20);
       n.active.internal_errors = 4;
       n.candidate.internal_errors = 20;
     },
     Judgement::kFail, "internal_error_rate"},
    {"in a soak both fail the same calls",
     [](Numbers& n) {
       n.stage = CanaryStage::kSoak;
       n.elapsed_ms = 300'000;
       Numbers::calls(n.active, 20);
       n.active.internal_errors = n.candidate.internal_errors = 20;
     },
     Judgement::kPass, ""},
    {"one shadow difference, at once",
     [](Numbers& n) {
       n.elapsed_ms = 0;
       n.candidate.differences[static_cast<std::size_t>(Difference::kWrites)] = 1;
     },
     Judgement::kFail, "shadow_differences"},
    {"one escalation more", [](Numbers& n) { n.candidate.escalations = 1; }, Judgement::kFail,
     "escalations"},
    {"one step over its budget", [](Numbers& n) { n.candidate.over_budget = 1; }, Judgement::kFail,
     "escalations_over_budget"},
    {"one pipeline failure", [](Numbers& n) { n.candidate.pipeline_failures = 1; },
     Judgement::kPass, ""},
    {"two pipeline failures", [](Numbers& n) { n.candidate.pipeline_failures = 2; },
     Judgement::kFail, "pipeline_failures"},
    {"one violation", [](Numbers& n) { n.candidate.violations = 1; }, Judgement::kFail,
     "invariant_violations"},
    {"what the active release does wrong is not the candidate's fault",
     [](Numbers& n) {
       n.active.violations = n.active.escalations = n.active.pipeline_failures = 9;
     },
     Judgement::kPass, ""},
    {"a failure wins over the timeout",
     [](Numbers& n) {
       n.candidate = {};
       n.candidate.violations = 1;
       n.elapsed_ms = 1'000'000;
     },
     Judgement::kFail, "invariant_violations"},
    {"a soak lasts longer", [](Numbers& n) { n.stage = CanaryStage::kSoak; }, Judgement::kGoOn, ""},
    {"a soak ends",
     [](Numbers& n) {
       n.stage = CanaryStage::kSoak;
       n.elapsed_ms = 300'000;
     },
     Judgement::kPass, ""},
};

}  // namespace

TEST_CASE("The judge decides by the table of its rules") {
  for (const Case& c : kCases) {
    CAPTURE(std::string(c.name));
    Numbers numbers;
    c.change(numbers);
    const CanaryVerdict verdict = numbers.judged();
    CAPTURE(verdict.reason);
    CHECK(judgement_name(verdict.judgement) == judgement_name(c.expected));
    CHECK(verdict.rule == std::string(c.rule));
    if (numbers.candidate.calls < verdict.needed_samples) continue;
    for (const CanaryMeasure& measure : verdict.measures) {
      CAPTURE(measure.rule);
      if (measure.broken) CHECK(measure.value > measure.threshold);
      if (measure.rule == "p99_us") CHECK(measure.broken == (measure.value > measure.threshold));
    }
  }
}

TEST_CASE("A soak is compared with the stage before it, or with more where that saw too little") {
  CanaryPolicy policy;  // 200 samples
  Latencies ever;
  ever["often"].add(1'000, 10'000);
  ever["seldom"].add(2'000, 10'000);
  ever["rare"].add(3'000, 5);
  ever["gone"].add(4'000, 5);
  Latencies stage;
  stage["often"].add(100, 200);
  stage["seldom"].add(200, 199);
  stage["rare"].add(300, 5);
  stage["new"].add(500, 1);
  const Latencies baseline = soak_baseline(ever, stage, policy);
  const auto count = [&](const char* tool) { return baseline.at(tool).count(); };
  CHECK(baseline.size() == 5);
  CHECK(count("often") == 200);
  CHECK(count("seldom") == 10'000);
  CHECK(baseline.at("rare").percentile_us(1) < 400);
  CHECK(count("gone") == 5);
  CHECK(count("new") == 1);
}

TEST_CASE("A verdict shows every rule with its number and threshold, and the reason in words") {
  Numbers numbers;
  numbers.candidate.internal_errors = 4;
  const CanaryVerdict verdict = numbers.judged();
  CHECK(verdict.measures.size() == 7);
  CHECK(verdict.reason == "0.0200 of its calls ended in an internal error (at most 0.0100)");
  for (const CanaryMeasure& measure : verdict.measures) {
    CHECK(measure.broken == (measure.rule == "internal_error_rate"));
  }
  CHECK(verdict.needed_samples == 600);
}

TEST_CASE("A split grows with time and samples: 1, 5, 25, 50 per cent") {
  CanaryPolicy policy;  // 10 s, 200 samples
  struct Step {
    std::int64_t elapsed_ms;
    std::uint64_t samples;
    std::uint32_t share;
  };
  for (const Step& step : {Step{0, 0, 1}, Step{2'499, 200, 1}, Step{2'500, 3, 1}, Step{2'500, 4, 5},
                           Step{5'000, 19, 5}, Step{5'000, 20, 25}, Step{7'500, 99, 25},
                           Step{7'500, 100, 50}, Step{60'000, 0, 1}, Step{60'000, 1'000, 50}}) {
    CAPTURE(step.elapsed_ms);
    CAPTURE(step.samples);
    CHECK(split_share(step.elapsed_ms, step.samples, policy) == step.share);
  }
}

TEST_CASE("A least time fits into a timeout that was asked for, but a soak is never cut short") {
  CanaryPolicy policy;
  CHECK(policy.timeout_of(CanaryStage::kShadow) == 40'000);
  CHECK(policy.timeout_of(CanaryStage::kSoak) == 1'200'000);
  policy.timeout_ms = 20'000;
  CHECK(policy.least_ms(CanaryStage::kSplit) == 5'000);
  CHECK(policy.timeout_of(CanaryStage::kSplit) == 20'000);
  CHECK(policy.least_ms(CanaryStage::kSoak) == 300'000);
  CHECK(policy.timeout_of(CanaryStage::kSoak) == 20'000);
}

TEST_CASE("Latencies are known to within an eighth") {
  for (const std::uint64_t us :
       {0ull, 1ull, 7ull, 8ull, 9ull, 100ull, 1'023ull, 1'024ull, 65'000ull, 30'000'000ull}) {
    CAPTURE(us);
    LatencyTally tally;
    tally.add(us);
    CHECK(tally.percentile_us(0.99) >= us);
    CHECK(tally.percentile_us(0.99) <= us + us / 8);
    CHECK(tally.reached_us(1) <= us);
    CHECK(tally.reached_us(1) >= us - us / 8);
    CHECK(tally.reached_us(2) == 0);
    LatencyTally again;
    for (const auto& [up_to, times] : tally.buckets()) again.add(up_to, times);
    CHECK(again.buckets() == tally.buckets());
  }
  LatencyTally tally;
  CHECK(tally.percentile_us(0.5) == 0);
  CHECK(tally.reached_us(1) == 0);
  CHECK(tally.buckets().empty());
  tally.add(10, 99);
  tally.add(5'000);
  CHECK(tally.percentile_us(0.99) < 12);
  CHECK(tally.percentile_us(1.0) >= 5'000);
  CHECK(tally.reached_us(1) > 4'000);
  CHECK(tally.reached_us(2) == 10);
  CHECK(tally.reached_us(0) == 0);
}
