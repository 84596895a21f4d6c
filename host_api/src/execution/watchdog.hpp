// Looks whether hooks come back.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace gateway {

// Calls `look` with the time since it was last called, but never more than twice the period: time in
// which this process did not run is nobody's fault.
// Thread rule: construct and destroy on one thread, never from `look`.
class Watchdog {
 public:
  using Look = std::function<void(std::chrono::milliseconds since_last)>;

  Watchdog(std::chrono::milliseconds period, Look look)
      : period_(period), look_(std::move(look)), thread_([this] { run(); }) {}
  ~Watchdog() { stop(); }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  void stop() {  // waits for `look`; more than once is fine
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    using Clock = std::chrono::steady_clock;
    std::unique_lock lock(mutex_);
    for (auto last = Clock::now();;) {
      if (changed_.wait_for(lock, period_, [this] { return stopping_; })) return;
      const auto now = Clock::now();
      const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - last);
      last = now;
      lock.unlock();
      look_(std::min(since, 2 * period_));
      lock.lock();
    }
  }

  const std::chrono::milliseconds period_;
  const Look look_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace gateway
