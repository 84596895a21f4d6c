// Places where a crash test kills the process.
#pragma once

#include <iterator>
#include <string_view>

namespace gateway {

// The steps of whatever changes what boots, each right behind what it names.
enum class StopPoint {
  kStaged,         // a file was copied
  kProved,         // and proved
  kKept,           // and is a release on disk
  kBackedUp,       // the store, before a one-way upgrade
  kTrialBegun,     // a canary is recorded
  kStageWritten,   // its shadow or split is recorded
  kStageEntered,   // and runs
  kIntentWritten,  // of a change of what serves
  kLoaded,
  kFlipped,
  kStateWritten,  // what serves is recorded
  kRetired,
  kMigrated,      // the store, after a one-way upgrade
  kWatchOver,     // a watch or a soak went well
  kMarkedGood,    // and that is recorded
  kJudged,        // a canary is over, and its decision is in its evidence
  kTrialDropped,  // and it is recorded, where nothing had to be flipped
};

// Their names, in their order.
inline constexpr std::string_view kStopPoints[] = {
    "staged",        "proved",         "kept",        "backed_up", "trial_begun",   "stage_written",
    "stage_entered", "intent_written", "loaded",      "flipped",   "state_written", "retired",
    "migrated",      "watch_over",     "marked_good", "judged",    "trial_dropped"};
static_assert(std::size(kStopPoints) == static_cast<std::size_t>(StopPoint::kTrialDropped) + 1);

// In a library built with GATEWAY_STOP_POINTS: kills the process with SIGKILL when the environment
// variable GATEWAY_STOP_AT names this point, or is "@" and the path of a file that holds its name by
// now (so that a test can let the process boot first). The file may also hold "trace FILE": then the
// name is appended to FILE and the process goes on. Otherwise nothing, and no code.
#ifdef GATEWAY_STOP_POINTS
void stop_point(StopPoint point);
#else
inline void stop_point(StopPoint) {}
#endif

}  // namespace gateway
