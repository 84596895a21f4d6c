#include "host/watch.hpp"

#include <fmt/format.h>

#include <iterator>

namespace gateway {
namespace {

double rate(std::uint64_t part, std::uint64_t steps) {
  return steps == 0 ? 0 : static_cast<double>(part) / static_cast<double>(steps);
}

struct Rule {
  const char* name;
  std::uint64_t ReleaseCounts::*count;
  bool as_rate;  // else: none is allowed
  const char* said;
};
constexpr Rule kRules[] = {
    {"internal_rate", &ReleaseCounts::internal, true, "calls ended in an internal error"},
    {"overrun_rate", &ReleaseCounts::overruns, true,
     "calls returned after their deadline or had to be ended"},
    {"invariant_violations", &ReleaseCounts::violations, false,
     "writes broke a declared invariant"},
    {"hung_hooks", &ReleaseCounts::hung, false, "calls hung and were given up"},
};

}  // namespace

WatchVerdict judge_watch(const ReleaseCounts& watched, const ReleaseCounts& before,
                         const WatchPolicy& policy) {
  WatchVerdict verdict;
  for (const Rule& rule : kRules) {
    const std::uint64_t count = watched.*rule.count;
    Figure figure;
    figure.name = rule.name;
    if (rule.as_rate) {
      figure.value = rate(count, watched.steps);
      figure.baseline = rate(before.*rule.count, before.steps);
      figure.threshold = figure.baseline + policy.excess;
      figure.exceeded = count >= policy.at_least && figure.value > figure.threshold;
    } else {
      figure.value = static_cast<double>(count);
      figure.baseline = static_cast<double>(before.*rule.count);
      figure.exceeded = count > 0;
    }
    if (figure.exceeded) {
      verdict.failed = true;
      verdict.reason += fmt::format("{}{} of {} {}", verdict.reason.empty() ? "" : "; ", count,
                                    watched.steps, rule.said);
    }
    verdict.figures.push_back(std::move(figure));
  }
  return verdict;
}

}  // namespace gateway
