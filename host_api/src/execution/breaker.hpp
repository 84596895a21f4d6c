// Keeps calls away from a hook that hangs again and again.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace gateway {

// Every call that hangs costs a thread for good, and holds the worker until it is given up. When so
// many calls of one tool (or sweep) of one release have hung, its calls are refused for a while; then
// one is let through, and decides. The while doubles with every further one that hangs, up to an hour.
// Calls that return in between prove nothing: one bad request among good ones is as expensive. Time
// does: a hang is forgotten after a good while in which calls were let through.
//
// When many threads are left behind, what has ever hung is not called any more in this process.
// Thread rule: any.
class Breaker {
 public:
  static constexpr std::uint32_t kMany = 3;
  static constexpr std::uint32_t kMostLeftBehind = 64;

  explicit Breaker(std::chrono::milliseconds pause)
      : pause_ns_(static_cast<std::uint64_t>(pause.count()) * 1'000'000) {}

  void hung(const std::string& sha256, const std::string& name, std::uint64_t now_ns) {
    const std::lock_guard lock(mutex_);
    Count& count = counts_[key(sha256, name)];
    forget(count, now_ns);
    ++count.hangs;
    ++left_behind_;
    count.on_trial = false;
    if (count.hangs >= kMany) close(count, now_ns);
    any_ = true;
  }
  void returned(const std::string& sha256, const std::string& name) {
    if (!any_) return;
    const std::lock_guard lock(mutex_);
    const auto it = counts_.find(key(sha256, name));
    if (it == counts_.end() || !it->second.on_trial) return;
    it->second.on_trial = false;
    it->second.closed_until_ns = 0;
  }
  // False: refuse the call.
  bool admits(const std::string& sha256, const std::string& name, std::uint64_t now_ns) {
    if (!any_) return true;
    const std::lock_guard lock(mutex_);
    const auto it = counts_.find(key(sha256, name));
    if (it == counts_.end()) return true;
    Count& count = it->second;
    if (left_behind_ >= kMostLeftBehind || now_ns < count.closed_until_ns) return false;
    if (count.closed_until_ns == 0) return true;
    count.on_trial = true;
    close(count, now_ns);  // for all others, until it has decided
    return true;
  }

 private:
  static constexpr std::uint64_t kLongestPauseNs = 3'600'000'000'000;
  static constexpr std::uint64_t kPausesToForget = 64;  // at 30 s: half an hour

  struct Count {
    std::uint32_t hangs = 0;            // that are not forgotten
    std::uint64_t forgotten_ns = 0;     // up to when that was reckoned; maybe ahead: the time in
                                        // which calls are refused does not count
    std::uint64_t closed_until_ns = 0;  // 0: calls are let through
    bool on_trial = false;              // the one that was let through is under way
  };
  static std::string key(const std::string& sha256, const std::string& name) {
    return sha256 + "/" + name;
  }
  void forget(Count& count, std::uint64_t now_ns) const {
    if (count.hangs == 0) count.forgotten_ns = now_ns;
    if (now_ns <= count.forgotten_ns) return;
    const std::uint64_t each = std::max<std::uint64_t>(pause_ns_ * kPausesToForget, 1);
    const std::uint64_t times = (now_ns - count.forgotten_ns) / each;
    count.hangs -= static_cast<std::uint32_t>(std::min<std::uint64_t>(times, count.hangs));
    count.forgotten_ns = count.hangs == 0 ? now_ns : count.forgotten_ns + times * each;
  }
  void close(Count& count, std::uint64_t now_ns) const {
    const std::uint32_t doublings = std::min(std::max(count.hangs, kMany) - kMany, 20u);
    const std::uint64_t longest = std::max(pause_ns_, kLongestPauseNs);
    count.closed_until_ns = now_ns + std::min(pause_ns_ << doublings, longest);
    count.forgotten_ns = std::max(count.forgotten_ns, count.closed_until_ns);
  }

  const std::uint64_t pause_ns_;
  std::atomic<bool> any_{false};
  std::mutex mutex_;  // guards what follows
  std::map<std::string, Count> counts_;
  std::uint32_t left_behind_ = 0;
};

}  // namespace gateway
