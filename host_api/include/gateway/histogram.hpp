// Latency histograms per tool.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

namespace gateway {

// Counts durations in buckets that double: bucket i holds those up to 2^i microseconds.
struct Histogram {
  static constexpr std::size_t kBuckets = 28;
  std::array<std::uint64_t, kBuckets> counts{};
  std::uint64_t total = 0;
  std::uint64_t sum_us = 0;

  void add(std::uint64_t us);
  std::uint64_t percentile_us(
      double p) const;  // upper bound of the bucket that holds it; 0 when empty
};

struct ToolMetrics {
  Histogram queue;                                // from arrival to the first run
  Histogram run;                                  // inside the plugin
  Histogram commit;                               // from the end of the run to durable
  std::map<std::string, std::uint64_t> outcomes;  // "ok", "refused", "internal", ...
};

struct ExecutorMetrics {
  std::map<std::string, ToolMetrics> tools;  // by name; sweeps as "sweep:<name>"
  std::map<std::string, double>
      plugin;  // what the plugin counted through services.metric, summed by name
  std::uint64_t queued = 0;
  std::uint64_t batches = 0;
  std::uint64_t committed_sequence = 0;
};

}  // namespace gateway
