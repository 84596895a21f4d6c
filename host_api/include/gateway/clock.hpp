// Time, as a parameter.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace gateway {

// Thread rule: any.
class Clock {
 public:
  virtual ~Clock() = default;

  // Unix milliseconds, never decreasing.
  virtual std::int64_t now_ms() = 0;

  // Nanoseconds of a steady clock; deadlines are in it.
  virtual std::uint64_t steady_ns() = 0;
};

// Wall time at start, advanced by CLOCK_BOOTTIME. A step of the wall clock is reported through
// `on_step` (milliseconds, signed) and followed by slewing at most 1 %. Never falls below
// `floor_ms`.
std::unique_ptr<Clock> system_clock(std::int64_t floor_ms,
                                    void (*on_step)(std::int64_t ms) = nullptr);

// A clock that stands still until it is told otherwise. For tests and replay.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t now_ms) : now_ms_(now_ms) {}
  std::int64_t now_ms() override { return now_ms_.load(); }
  std::uint64_t steady_ns() override {
    return static_cast<std::uint64_t>(now_ms_.load()) * 1'000'000;
  }
  void set(std::int64_t now_ms) { now_ms_ = now_ms; }
  void advance(std::int64_t ms) { now_ms_ += ms; }

 private:
  std::atomic<std::int64_t> now_ms_;
};

}  // namespace gateway
