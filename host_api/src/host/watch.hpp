// Does a release that was swapped in directly have to go?
#pragma once

#include <string>
#include <vector>

#include "gateway/executor.hpp"
#include "gateway/host.hpp"

namespace gateway {

struct WatchPolicy {
  double excess = 0.01;        // a rate may be this much above the release before
  std::uint64_t at_least = 3;  // failures before a rate says anything
};

struct WatchVerdict {
  bool failed = false;
  std::string reason;           // of a failure: the figures that were exceeded, for people
  std::vector<Figure> figures;  // all of them
};

// Compares the release on watch with the one it replaced. A pure function.
//   internal_rate     GW_INTERNAL per step
//   overrun_rate      steps that took too long (see ReleaseCounts), per step
//   invariant_violations, hung_hooks   none is allowed
WatchVerdict judge_watch(const ReleaseCounts& watched, const ReleaseCounts& before,
                         const WatchPolicy& policy = {});

}  // namespace gateway
