// How the steps of each release ended.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "gateway/executor.hpp"

namespace gateway {

// Thread rule: any.
class ReleaseBook {
 public:
  void step(const std::string& sha256) {
    const std::lock_guard lock(mutex_);
    ++counts_[sha256].steps;
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
  void restart(const std::string& sha256) {
    const std::lock_guard lock(mutex_);
    counts_.erase(sha256);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, ReleaseCounts> counts_;
};

}  // namespace gateway
