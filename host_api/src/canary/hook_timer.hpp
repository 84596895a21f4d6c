// How long a hook ran, without the time in which the machine ran something else.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "host/unique_fd.hpp"

namespace gateway {

// Measures on the calling thread, from its construction on. Time in which the thread could have run and had no
// processor is left out: on a busy machine that is noise, and would condemn any release by its slowest per cent.
// Waiting by itself (a sleep, a read) is charged in full, and so is everything where the kernel does not tell.
// Source: run_delay, the second figure of /proc/PID/task/TID/schedstat (Documentation/scheduler/sched-stats).
class HookTimer {
 public:
  HookTimer()
      : schedstat_(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)),
        delayed_before_(delayed()) {}

  // `passed`: the time that the hook took by the clock.
  std::chrono::nanoseconds took(std::chrono::nanoseconds passed) const {
    return std::clamp(passed - (delayed() - delayed_before_), std::chrono::nanoseconds{0}, passed);
  }
  std::uint64_t took_us(std::chrono::nanoseconds passed) const {
    return static_cast<std::uint64_t>(took(passed).count()) / 1000;
  }

 private:
  // How long this thread has waited for a processor since it began.
  std::chrono::nanoseconds delayed() const {
    char buffer[96];  // three numbers
    const ssize_t got = ::pread(schedstat_.get(), buffer, sizeof buffer, 0);
    const std::string_view figures(buffer, got > 0 ? static_cast<std::size_t>(got) : 0);
    const auto second = figures.find(' ');
    std::int64_t ns = 0;
    if (second != std::string_view::npos) {
      std::from_chars(figures.data() + second + 1, figures.data() + figures.size(), ns);
    }
    return std::chrono::nanoseconds(ns);
  }

  UniqueFd schedstat_;
  std::chrono::nanoseconds delayed_before_;
};

}  // namespace gateway
