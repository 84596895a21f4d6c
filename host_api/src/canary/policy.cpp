// The names and times of gateway/canary.hpp.
#include <algorithm>

#include "gateway/canary.hpp"

namespace gateway {
namespace {

constexpr std::int64_t kLeastTimeoutMs = 10'000;
constexpr std::int64_t kTimeoutFactor = 4;

constexpr std::string_view kStages[] = {"shadow", "split", "soak"};
constexpr std::string_view kDifferenceNames[] = {"reply", "writes", "status", "crash", "slow"};
constexpr std::string_view kJudgements[] = {"go_on", "pass", "fail", "inconclusive"};

}  // namespace

std::string_view stage_name(CanaryStage stage) { return kStages[static_cast<std::size_t>(stage)]; }

std::optional<CanaryStage> parse_stage(std::string_view name) {
  for (const CanaryStage stage : {CanaryStage::kShadow, CanaryStage::kSplit, CanaryStage::kSoak}) {
    if (stage_name(stage) == name) return stage;
  }
  return std::nullopt;
}

std::string_view difference_name(Difference difference) {
  return kDifferenceNames[static_cast<std::size_t>(difference)];
}

std::string_view judgement_name(Judgement judgement) {
  return kJudgements[static_cast<std::size_t>(judgement)];
}

std::int64_t CanaryPolicy::least_ms(CanaryStage stage) const {
  if (stage == CanaryStage::kSoak) return soak_ms;
  return timeout_ms > 0 ? std::min(stage_ms, timeout_ms / kTimeoutFactor) : stage_ms;
}

std::int64_t CanaryPolicy::timeout_of(CanaryStage stage) const {
  return timeout_ms > 0 ? timeout_ms : std::max(kLeastTimeoutMs, kTimeoutFactor * least_ms(stage));
}

}  // namespace gateway
