// Places where a crash test kills the process.
#pragma once

namespace gateway {

// The steps of a swap, in their order, and what comes before and after it: the backup of a one-way
// upgrade, its migration, and the end of a watch.
enum class StopPoint {
  kStaged,
  kProved,
  kKept,
  kBackedUp,
  kIntentWritten,
  kLoaded,
  kFlipped,
  kStateWritten,
  kRetired,
  kMigrated,
  kWatchOver,
  kMarkedGood
};

// In a library built with GATEWAY_STOP_POINTS: kills the process with SIGKILL when the environment
// variable GATEWAY_STOP_AT names this point (staged, proved, kept, backed_up, intent_written, loaded,
// flipped, state_written, retired, migrated, watch_over, marked_good), or is "@" and the path of a file that holds its name by now (so that a
// test can let the process boot first). Otherwise nothing, and no code.
#ifdef GATEWAY_STOP_POINTS
void stop_point(StopPoint point);
#else
inline void stop_point(StopPoint) {}
#endif

}  // namespace gateway
