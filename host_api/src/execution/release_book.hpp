// How the steps of each release ended, and how long they took.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "gateway/executor.hpp"
#include "gateway/latency.hpp"

namespace gateway {

// Thread rule: any.
class ReleaseBook {
 public:
  void step(const std::string& sha256, const std::string& tool, std::chrono::nanoseconds took) {
    const std::lock_guard lock(mutex_);
    ++counts_[sha256].steps;
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    times_of(sha256)[tool].add(static_cast<std::uint64_t>(std::max<std::int64_t>(us, 0)));
  }
  void failed(const std::string& sha256, std::uint64_t ReleaseCounts::*which, FailedCall call) {
    const std::lock_guard lock(mutex_);
    ReleaseCounts& counts = counts_[sha256];
    ++(counts.*which);
    counts.failures.insert(counts.failures.begin(), std::move(call));
    if (counts.failures.size() > ReleaseCounts::kMaxFailures) counts.failures.pop_back();
  }
  ReleaseCounts read(const std::string& sha256) const {
    const std::lock_guard lock(mutex_);
    const auto it = counts_.find(sha256);
    return it == counts_.end() ? ReleaseCounts{} : it->second;
  }
  Latencies latencies(const std::string& sha256) const {
    const std::lock_guard lock(mutex_);
    const auto it = find(sha256);
    return it == times_.end() ? Latencies{} : it->second;
  }
  void restart(const std::string& sha256) {
    const std::lock_guard lock(mutex_);
    counts_.erase(sha256);
  }

 private:
  // Those that ran last: the active one, a candidate, a parked one, and one more.
  static constexpr std::size_t kTimed = 4;
  using Times = std::list<std::pair<std::string, Latencies>>;

  Times::const_iterator find(const std::string& sha256) const {
    return std::find_if(times_.begin(), times_.end(),
                        [&](const auto& release) { return release.first == sha256; });
  }
  Latencies& times_of(const std::string& sha256) {
    const auto known = find(sha256);
    if (known == times_.end()) {
      times_.emplace_front(sha256, Latencies{});
      if (times_.size() > kTimed) times_.pop_back();
    } else if (known != times_.begin()) {
      times_.splice(times_.begin(), times_, known);
    }
    return times_.front().second;
  }

  mutable std::mutex mutex_;
  std::map<std::string, ReleaseCounts> counts_;
  Times times_;  // the one that ran last in front
};

}  // namespace gateway
