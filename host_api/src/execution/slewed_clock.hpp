// The system's clock with its time sources as parameters.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>

#include "gateway/clock.hpp"

namespace gateway {

struct TimeSources {
  std::function<std::int64_t()> wall_ns;   // Unix time; may jump
  std::function<std::int64_t()> boot_ns;   // CLOCK_BOOTTIME: never jumps, counts suspended time
  std::function<std::uint64_t()> mono_ns;  // CLOCK_MONOTONIC
};

// Wall time at start, advanced by boot time. The distance between wall and boot time changes only
// when somebody sets the wall clock; that step is reported and then followed by 1 % of the time
// that passes, so that no deadline of a task jumps past. A floor above the wall time (the clock was
// set back while the gateway was down) is such a step too.
class SlewedClock final : public Clock {
 public:
  using StepAlarm = void (*)(std::int64_t ms);
  SlewedClock(TimeSources sources, std::int64_t floor_ms, StepAlarm on_step);

  std::int64_t now_ms() override;
  std::uint64_t steady_ns() override { return sources_.mono_ns(); }

 private:
  struct Reading {
    std::int64_t boot_ns;
    std::int64_t wall_minus_boot_ns;
  };
  Reading read() const;
  void note_step(std::int64_t step_ns);

  const TimeSources sources_;
  const StepAlarm on_step_;
  std::mutex mutex_;
  std::int64_t boot_ns_;    // at the last reading
  std::int64_t target_ns_;  // wall - boot, as it should be
  std::int64_t offset_ns_;  // what is added to boot time now; slews towards target_ns_
  std::int64_t last_ms_;
};

}  // namespace gateway
