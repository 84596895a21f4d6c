// The names and times of gateway/canary.hpp.
#include <algorithm>
#include <bit>

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

// Bucket i of an octave [2^n, 2^(n+1)) is its eighth; below 8 us each bucket is one microsecond.
std::size_t LatencyTally::bucket(std::uint64_t us) {
  if (us < kParts) return static_cast<std::size_t>(us);
  const int octave = std::bit_width(us) - 1;
  const std::size_t part = static_cast<std::size_t>(us >> (octave - 3)) - kParts;
  const std::size_t at = static_cast<std::size_t>(octave - 2) * kParts + part;
  return std::min(at, std::tuple_size_v<decltype(counts_)> - 1);
}

std::uint64_t LatencyTally::upper_us(std::size_t bucket) {
  if (bucket < kParts) return bucket;
  const std::size_t octave = bucket / kParts + 2;
  return ((kParts + bucket % kParts + 1) << (octave - 3)) - 1;
}

void LatencyTally::add(std::uint64_t us, std::uint64_t times) {
  counts_[bucket(us)] += static_cast<double>(times);
  count_ += static_cast<double>(times);
}

void LatencyTally::add(const LatencyTally& other, double weight) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += weight * other.counts_[i];
  count_ += weight * other.count_;
}

LatencyTally all_of(const Latencies& latencies) {
  LatencyTally all;
  for (const auto& [name, tally] : latencies) all.add(tally, 1);
  return all;
}

std::uint64_t LatencyTally::percentile_us(double p) const {
  if (count_ == 0) return 0;
  double seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= p * count_) return upper_us(i);
  }
  return upper_us(counts_.size() - 1);
}

std::uint64_t LatencyTally::above(std::uint64_t us) const {
  double sum = 0;
  for (std::size_t i = bucket(us) + 1; i < counts_.size(); ++i) sum += counts_[i];
  return static_cast<std::uint64_t>(sum + 0.5);
}

}  // namespace gateway
