// What the executor counts.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "gateway/histogram.hpp"

namespace gateway {

// Thread rule: any.
class Meters {
 public:
  void queued(const std::string& tool, std::uint64_t ns) { add(tool, &ToolMetrics::queue, ns); }
  void ran(const std::string& tool, std::uint64_t ns) { add(tool, &ToolMetrics::run, ns); }
  void committed(const std::string& tool, std::uint64_t ns) { add(tool, &ToolMetrics::commit, ns); }

  void ended(const std::string& tool, const std::string& outcome) {
    const std::lock_guard lock(mutex_);
    ++metrics_.tools[tool].outcomes[outcome];
  }

  // What the plugin counted in a step whose writes are kept.
  void plugin(const std::map<std::string, double>& sums) {
    if (sums.empty()) return;
    const std::lock_guard lock(mutex_);
    for (const auto& [name, value] : sums) metrics_.plugin[name] += value;
  }

  void batch(std::uint64_t sequence) {
    const std::lock_guard lock(mutex_);
    ++metrics_.batches;
    metrics_.committed_sequence = sequence;
  }

  ExecutorMetrics read(std::uint64_t queued_now) const {
    const std::lock_guard lock(mutex_);
    ExecutorMetrics metrics = metrics_;
    metrics.queued = queued_now;
    return metrics;
  }

 private:
  void add(const std::string& tool, Histogram ToolMetrics::*histogram, std::uint64_t ns) {
    const std::lock_guard lock(mutex_);
    (metrics_.tools[tool].*histogram).add(ns / 1000);
  }

  mutable std::mutex mutex_;
  ExecutorMetrics metrics_;
};

}  // namespace gateway
