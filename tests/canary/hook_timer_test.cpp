#include "canary/hook_timer.hpp"

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/resource.h>

#include <atomic>
#include <thread>

using namespace gateway;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

// This thread and one that never rests share a processor.
class BusyProcessor {
 public:
  BusyProcessor() {
    REQUIRE(::sched_getaffinity(0, sizeof usual_, &usual_) == 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(::sched_getcpu(), &one);
    REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
    other_ = std::thread([this] {
      while (!done_) {
      }
    });
  }
  ~BusyProcessor() {
    done_ = true;
    other_.join();
    ::sched_setaffinity(0, sizeof usual_, &usual_);
  }

  // Works until the other one had its turn.
  void work_until_pushed_off() const {
    const long before = pushed_off();
    while (pushed_off() == before) {
    }
  }

 private:
  static long pushed_off() {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nivcsw;
  }
  cpu_set_t usual_{};
  std::atomic<bool> done_{false};
  std::thread other_;
};

}  // namespace

TEST_CASE("a hook is not charged for the time in which another thread had the processor") {
  const BusyProcessor busy;
  const HookTimer timer;
  const auto began = Clock::now();
  busy.work_until_pushed_off();
  const auto passed = Clock::now() - began;
  CHECK(timer.took(passed) < passed);
}

TEST_CASE("a hook that sleeps is charged for its sleep, also when it was pushed off before") {
  const BusyProcessor busy;
  const HookTimer timer;
  const auto began = Clock::now();
  busy.work_until_pushed_off();
  std::this_thread::sleep_for(100ms);
  CHECK(timer.took(Clock::now() - began) >= 100ms);
}
