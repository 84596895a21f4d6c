// How long a hook ran, without the time in which the machine ran something else.
#pragma once

#include <sys/resource.h>

#include <chrono>
#include <cstdint>

namespace gateway {

// Measures on the calling thread. A thread that was pushed off the processor in between is charged with its processor
// time instead of the time that passed: on a busy machine that is noise, and would condemn any release by its slowest
// per cent. Waiting by itself (a sleep, a read) is charged in full.
class HookTimer {
 public:
  HookTimer() { ::getrusage(RUSAGE_THREAD, &before_); }

  std::uint64_t took_us(std::chrono::nanoseconds passed) const {
    rusage after{};
    ::getrusage(RUSAGE_THREAD, &after);
    if (after.ru_nivcsw != before_.ru_nivcsw) return cpu_us(after) - cpu_us(before_);
    return static_cast<std::uint64_t>(passed.count()) / 1000;
  }

 private:
  static std::uint64_t cpu_us(const rusage& usage) {
    const auto micros = [](const timeval& t) {
      return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000 +
             static_cast<std::uint64_t>(t.tv_usec);
    };
    return micros(usage.ru_utime) + micros(usage.ru_stime);
  }
  rusage before_{};
};

}  // namespace gateway
