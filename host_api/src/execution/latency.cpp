#include "gateway/latency.hpp"

#include <algorithm>
#include <bit>
#include <tuple>

namespace gateway {

// Bucket i of an octave [2^n, 2^(n+1)) is its eighth; below 8 us each bucket is one microsecond.
std::size_t LatencyTally::bucket(std::uint64_t us) {
  if (us < kParts) return static_cast<std::size_t>(us);
  const int octave = std::bit_width(us) - 1;
  const std::size_t part = static_cast<std::size_t>(us >> (octave - 3)) - kParts;
  const std::size_t at = static_cast<std::size_t>(octave - 2) * kParts + part;
  return std::min(at, std::tuple_size_v<decltype(counts_)> - 1);
}

std::uint64_t LatencyTally::lower_us(std::size_t bucket) {
  return bucket == 0 ? 0 : upper_us(bucket - 1) + 1;
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

std::uint64_t LatencyTally::reached_us(std::uint64_t n) const {
  double longer = 0;
  for (std::size_t i = counts_.size(); i-- > 0;) {
    longer += counts_[i];
    if (n > 0 && longer + 0.5 >= static_cast<double>(n)) return lower_us(i);
  }
  return 0;
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> LatencyTally::buckets() const {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> out;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const auto times = static_cast<std::uint64_t>(counts_[i] + 0.5);
    if (times > 0) out.emplace_back(upper_us(i), times);
  }
  return out;
}

}  // namespace gateway
