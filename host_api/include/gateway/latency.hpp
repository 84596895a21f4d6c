// How long the calls of one release took, by tool.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gateway {

// Durations to within an eighth, and their percentiles.
// Thread rule: as of a value.
class LatencyTally {
 public:
  void add(std::uint64_t us, std::uint64_t times = 1);
  void add(const LatencyTally& other, double weight);  // each duration of it counts `weight` times
  std::uint64_t count() const { return static_cast<std::uint64_t>(count_ + 0.5); }
  std::uint64_t percentile_us(double p) const;  // upper bound of its bucket; 0 when empty
  // What the `n` longest durations reached, at least: lower bound of the bucket of the shortest of them; 0 when there are
  // fewer.
  std::uint64_t reached_us(std::uint64_t n) const;
  // The buckets that hold any, by their upper bounds: what add() takes to build the tally again.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> buckets() const;

 private:
  static constexpr std::size_t kParts = 8;
  static std::size_t bucket(std::uint64_t us);
  static std::uint64_t lower_us(std::size_t bucket);
  static std::uint64_t upper_us(std::size_t bucket);
  std::array<double, 36 * kParts> counts_{};
  double count_ = 0;
};

// By what ran: the name of a tool, or "sweep:<name>".
using Latencies = std::map<std::string, LatencyTally, std::less<>>;
LatencyTally all_of(const Latencies& latencies);

}  // namespace gateway
