// Something that is done again and again.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace gateway {

// Calls `work` every `period` on a thread of its own until it is destroyed.
// Thread rule: construct and destroy on one thread; never destroy it from `work`.
class Ticker {
 public:
  Ticker(std::chrono::milliseconds period, std::function<void()> work)
      : thread_([this, period, work = std::move(work)] { run(period, work); }) {}
  ~Ticker() {  // waits for `work`
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  void run(std::chrono::milliseconds period, const std::function<void()>& work) {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, period, [this] { return stopping_; })) {
      lock.unlock();
      work();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace gateway
