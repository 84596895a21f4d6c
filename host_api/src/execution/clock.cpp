#include "gateway/clock.hpp"

#include <time.h>

#include <algorithm>
#include <cstdlib>

#include "execution/slewed_clock.hpp"

namespace gateway {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
// Below this a change is how two clocks are read one after the other, not somebody's step.
constexpr std::int64_t kStepNs = 100 * kNsPerMs;
constexpr std::int64_t kSlewDivisor = 100;  // 1 %

std::int64_t read_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

std::unique_ptr<Clock> system_clock(std::int64_t floor_ms, void (*on_step)(std::int64_t ms)) {
  TimeSources sources;
  sources.wall_ns = [] { return read_ns(CLOCK_REALTIME); };
  sources.boot_ns = [] { return read_ns(CLOCK_BOOTTIME); };
  sources.mono_ns = [] { return static_cast<std::uint64_t>(read_ns(CLOCK_MONOTONIC)); };
  return std::make_unique<SlewedClock>(std::move(sources), floor_ms, on_step);
}

SlewedClock::SlewedClock(TimeSources sources, std::int64_t floor_ms, StepAlarm on_step)
    : sources_(std::move(sources)), on_step_(on_step), last_ms_(floor_ms) {
  const Reading reading = read();
  boot_ns_ = reading.boot_ns;
  target_ns_ = reading.wall_minus_boot_ns;
  offset_ns_ = std::max(target_ns_, floor_ms * kNsPerMs - boot_ns_);
  note_step(target_ns_ - offset_ns_);
}

// Reads both clocks close together: a thread that loses its CPU in between would see a step that is
// none.
SlewedClock::Reading SlewedClock::read() const {
  Reading best{};
  std::int64_t best_gap = -1;
  for (int i = 0; i < 3 && (best_gap < 0 || best_gap > kNsPerMs); ++i) {
    const std::int64_t before = sources_.boot_ns();
    const std::int64_t wall = sources_.wall_ns();
    const std::int64_t gap = sources_.boot_ns() - before;
    if (best_gap >= 0 && gap >= best_gap) continue;
    best_gap = gap;
    best = {before, wall - before};
  }
  return best;
}

void SlewedClock::note_step(std::int64_t step_ns) {
  if (std::abs(step_ns) >= kStepNs && on_step_ != nullptr) on_step_(step_ns / kNsPerMs);
}

std::int64_t SlewedClock::now_ms() {
  const std::lock_guard lock(mutex_);
  const Reading reading = read();
  const std::int64_t elapsed = std::max<std::int64_t>(reading.boot_ns - boot_ns_, 0);
  note_step(reading.wall_minus_boot_ns - target_ns_);
  boot_ns_ += elapsed;
  target_ns_ = reading.wall_minus_boot_ns;

  const std::int64_t most = elapsed / kSlewDivisor;
  offset_ns_ += std::clamp(target_ns_ - offset_ns_, -most, most);
  last_ms_ = std::max(last_ms_, (boot_ns_ + offset_ns_) / kNsPerMs);
  return last_ms_;
}

}  // namespace gateway
