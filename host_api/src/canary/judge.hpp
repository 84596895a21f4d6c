// The verdict on a stage of a canary, from numbers alone.
#pragma once

#include <cstdint>

#include "gateway/canary.hpp"

namespace gateway {

// What the judge sees. `active` was counted over the same time; in the soak its durations are what the release before was
// seen to take until it was replaced, and the rest is of the calls that it was asked again.
struct StageCounts {
  CanaryStage stage = CanaryStage::kShadow;
  std::int64_t elapsed_ms = 0;  // in this stage, without pauses
  const CanaryCounters& active;
  const CanaryCounters& candidate;
};

// fail          a rule is broken, at any time
// pass          the least time is over and the candidate has the samples it needs
// inconclusive  the stage's timeout is over and it has not
// go on         otherwise
// The rules are those of the table in judge.cpp. A few internal errors that break no rule yet ask for more samples: one
// doubles them, two triple them.
// Thread rule: any; it is a pure function.
CanaryVerdict judge(const StageCounts& counts, const CanaryPolicy& policy);

// What a soak is compared with: what the release that it replaces was seen to take, tool by tool, in the stage before or,
// where that saw too little of a tool, ever.
Latencies soak_baseline(Latencies ever, const Latencies& stage, const CanaryPolicy& policy);

// The share of the calls that a split gives to the candidate, in percent: 1, 5, 25, 50. Each step lasts a quarter of the
// stage's least time and needs its part of the stage's samples.
std::uint32_t split_share(std::int64_t elapsed_ms, std::uint64_t samples,
                          const CanaryPolicy& policy);

}  // namespace gateway
