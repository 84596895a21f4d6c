// Keeps calls away from a hook that hangs again and again.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace gateway {

// Every call that hangs costs a thread for good. After kInARow of them of one tool (or sweep) of one
// release, with none that returned in between, its calls are refused for a while; then one is let
// through, and decides.
// Thread rule: any.
class Breaker {
 public:
  static constexpr std::uint32_t kInARow = 3;

  explicit Breaker(std::chrono::milliseconds pause)
      : pause_ns_(static_cast<std::uint64_t>(pause.count()) * 1'000'000) {}

  void hung(const std::string& sha256, const std::string& name, std::uint64_t now_ns) {
    const std::lock_guard lock(mutex_);
    Count& count = counts_[key(sha256, name)];
    if (++count.in_a_row >= kInARow) count.closed_until_ns = now_ns + pause_ns_;
    any_ = true;
  }
  void returned(const std::string& sha256, const std::string& name) {
    if (!any_) return;
    const std::lock_guard lock(mutex_);
    counts_.erase(key(sha256, name));
    any_ = !counts_.empty();
  }
  // False: refuse the call.
  bool admits(const std::string& sha256, const std::string& name, std::uint64_t now_ns) {
    if (!any_) return true;
    const std::lock_guard lock(mutex_);
    const auto it = counts_.find(key(sha256, name));
    if (it == counts_.end() || it->second.in_a_row < kInARow) return true;
    if (now_ns < it->second.closed_until_ns) return false;
    it->second.closed_until_ns = now_ns + pause_ns_;
    return true;
  }

 private:
  struct Count {
    std::uint32_t in_a_row = 0;
    std::uint64_t closed_until_ns = 0;
  };
  static std::string key(const std::string& sha256, const std::string& name) {
    return sha256 + "/" + name;
  }

  const std::uint64_t pause_ns_;
  std::atomic<bool> any_{false};
  std::mutex mutex_;
  std::map<std::string, Count> counts_;
};

}  // namespace gateway
