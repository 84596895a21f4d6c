// The state of one sweep run that must survive a kill between two steps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/context.hpp"
#include "core/error.hpp"
#include "sla/breach.hpp"

namespace ansible {

// Resolved once, when the run starts: a policy that changes meanwhile concerns the next run.
struct SweepOptions {
  bool dry_run = false;
  bool record_only = true;
  std::int64_t max_messages = 0;
  std::vector<std::string> fyi_agents{};
  std::optional<std::int64_t> limit{};
};

// What a run does, in this order. The waiting breaches are served before new ones are looked for
// (SLA-7).
enum class SweepPhase : std::uint8_t {
  kPlan,     // how many messages do the waiting breaches need?
  kServe,    // at most the budget: notify about them one by one
  kCollect,  // more: gather what each digest has to say
  kSend,     // send the digests
  kCover,    // take the digests' targets off the waiting breaches
  kClean,    // forget the gathered digests
  kFind,     // look for new breaches
  kDone,
};

// Stored under `sla-run/<digest of kind and arguments>` while it is unfinished. `now` is the cut:
// fixed when the run starts and used for every decision and stamp, so that neither step size nor
// kills change the result.
struct SweepRun {
  std::string id;      // random; the continuation of the run's steps
  std::string digest;  // its place
  std::string reason;  // manual | startup | interval
  std::int64_t now = 0;
  std::int64_t touched = 0;  // time of the last step
  SweepOptions options;
  SweepPhase phase = SweepPhase::kFind;
  std::string cursor;       // key of the last entry handled in this phase
  std::int64_t budget = 0;  // messages that may still be written (SLA-6)
  std::uint64_t held_limit =
      0;  // entries of the waiting index below this number were there before the run
  std::int64_t needed = 0;   // messages that the waiting breaches need, as far as counted
  std::int64_t digests = 0;  // targets that get a digest
  std::int64_t scanned = 0;
  std::int64_t tasks_handled = 0;
  std::int64_t breach_count = 0;
  std::int64_t listed = 0;  // of the breaches, those in the result
  std::int64_t messages = 0;
  std::int64_t held_notified = 0;
  std::int64_t chunks = 0;      // stored lists of breaches
  std::vector<Breach> found{};  // listed in this step, not stored yet

  void enter(SweepPhase next) {
    phase = next;
    cursor.clear();
  }
  void add(const Breach& breach);  // counts it, and lists the first 1,000
};

// Where the run of these arguments is kept.
std::string run_digest(Transaction& txn, std::string_view kind, const json::object& arguments);

std::optional<SweepRun> load_run(Transaction& txn, std::string_view digest);

// Writes the run as of the end of a step.
void save_run(Context& context, SweepRun& run);

// True when its last step is too long ago to go on with it (5 minutes).
bool abandoned(const SweepRun& run, std::int64_t now_ms);

// Removes runs that nobody will go on with; a bounded number per call.
void forget_abandoned_runs(Context& context);

// The run's breaches in the order of the result.
std::vector<Breach> listed_breaches(Transaction& txn, const SweepRun& run);

// Removes the run and everything it gathered.
void erase_run(Transaction& txn, const SweepRun& run);

// An id that depends on the run and on what it is for: the same whatever the steps.
std::string derived_id(Transaction& txn, std::string_view run, std::string_view what);

}  // namespace ansible
