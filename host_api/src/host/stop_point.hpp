// Places where a crash test kills the process.
#pragma once

namespace gateway {

// The steps of a swap, in their order.
enum class StopPoint {
  kStaged,
  kProved,
  kIntentWritten,
  kLoaded,
  kFlipped,
  kStateWritten,
  kRetired
};

// In a library built with GATEWAY_STOP_POINTS: kills the process with SIGKILL when the environment
// variable GATEWAY_STOP_AT names this point (staged, proved, intent_written, loaded, flipped,
// state_written, retired), or is "@" and the path of a file that holds its name by now (so that a
// test can let the process boot first). Otherwise nothing, and no code.
#ifdef GATEWAY_STOP_POINTS
void stop_point(StopPoint point);
#else
inline void stop_point(StopPoint) {}
#endif

}  // namespace gateway
