// Where a thread runs hooks, and from where it can be given up.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>

#include "execution/job.hpp"

namespace gateway {

// How long a hook may take.
struct HookLimit {
  std::chrono::milliseconds hard{30'000};  // then `cancelled` says yes
  std::chrono::milliseconds grace{3'000};  // and after that nobody waits any more
};

// Holds the job whose hook runs. The thread begins and ends a run; the watchdog looks in between, and
// takes the call from a hook that is deaf: the job itself, which the hook still reads, stays here
// until its thread comes back, if ever. Its store answers no more; an engine ends the snapshot that it
// holds when that is too old.
//
// Time is counted in the watchdog's looks, none for more than twice its period: a process that was
// stopped, or starved, accuses nobody.
// Thread rule: begin() and end() on the post's own thread, look() on the watchdog's.
class Post {
 public:
  // The job is reachable until end().
  Job& begin(JobPtr job) {
    const std::lock_guard lock(mutex_);
    ++runs_;
    job_ = std::move(job);
    job_->cut = false;  // what its run before was told
    return *job_;
  }

  // Null: the job was taken meanwhile; the thread is on its own, and nothing of the host but this
  // post is its to touch.
  JobPtr end() {
    const std::lock_guard lock(mutex_);
    return abandoned_ ? nullptr : std::move(job_);
  }

  // What must be told of a job that is given up now: its completion, and what an outcome needs. Null:
  // nothing is overdue.
  JobPtr look(std::chrono::milliseconds since_last, const HookLimit& limit);

 private:
  std::mutex mutex_;
  JobPtr job_;
  std::uint64_t runs_ = 0;
  std::uint64_t seen_ = 0;  // the run that `age_` belongs to
  std::chrono::milliseconds age_{0};
  std::chrono::milliseconds cut_at_{0};  // its age when it was told
  bool abandoned_ = false;
};

}  // namespace gateway
