// The judge of a watch window, by table.
#include <doctest/doctest.h>

#include "host/watch.hpp"

using gateway::ReleaseCounts;

namespace {

struct Case {
  const char* what;
  ReleaseCounts watched;
  ReleaseCounts before;
  const char* exceeded;  // the figure; nullptr: it passes
};

ReleaseCounts counts(std::uint64_t steps, std::uint64_t internal = 0, std::uint64_t overruns = 0,
                     std::uint64_t violations = 0, std::uint64_t hung = 0) {
  ReleaseCounts out;
  out.steps = steps;
  out.internal = internal;
  out.overruns = overruns;
  out.violations = violations;
  out.hung = hung;
  return out;
}

const Case kCases[] = {
    {"nothing happened yet", counts(0), counts(0), nullptr},
    {"all is well", counts(1'000), counts(1'000), nullptr},
    {"two failures say nothing, whatever the rate", counts(2, 2), counts(1'000), nullptr},
    {"three failures of three", counts(3, 3), counts(1'000), "internal_rate"},
    {"three of 300: one per cent is allowed", counts(300, 3), counts(1'000), nullptr},
    {"three of 299", counts(299, 3), counts(1'000), "internal_rate"},
    {"as bad as the release before", counts(100, 10), counts(100, 10), nullptr},
    {"worse than the release before by more than one per cent", counts(100, 12), counts(100, 10),
     "internal_rate"},
    {"late three times", counts(20, 0, 3), counts(1'000), "overrun_rate"},
    {"late twice", counts(20, 0, 2), counts(1'000), nullptr},
    {"as late as the release before", counts(20, 0, 4), counts(20, 0, 4), nullptr},
    {"one broken invariant among many calls", counts(100'000, 0, 0, 1), counts(1'000),
     "invariant_violations"},
    {"one hung call", counts(100'000, 0, 0, 0, 1), counts(1'000), "hung_hooks"},
};

}  // namespace

TEST_CASE("a watched release fails on what the release before it did not do") {
  for (const Case& c : kCases) {
    CAPTURE(c.what);
    const auto verdict = gateway::judge_watch(c.watched, c.before);
    CHECK(verdict.failed == (c.exceeded != nullptr));
    CHECK(verdict.reason.empty() == (c.exceeded == nullptr));
    CHECK(verdict.figures.size() == 4);
    for (const gateway::Figure& figure : verdict.figures) {
      CAPTURE(figure.name);
      CHECK(figure.exceeded == (c.exceeded != nullptr && figure.name == c.exceeded));
    }
  }
}

TEST_CASE("the figures hold the rates and what they were measured against") {
  const auto verdict = gateway::judge_watch(counts(100, 12), counts(50, 5));
  REQUIRE_FALSE(verdict.figures.empty());
  const gateway::Figure& figure = verdict.figures.front();
  CHECK(figure.name == "internal_rate");
  CHECK(figure.value == doctest::Approx(0.12));
  CHECK(figure.baseline == doctest::Approx(0.10));
  CHECK(figure.threshold == doctest::Approx(0.11));
  CHECK(verdict.reason == "12 of 100 calls ended in an internal error");
}
