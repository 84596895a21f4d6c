// Where calls wait and where they end.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "execution/breaker.hpp"
#include "execution/fair_queue.hpp"
#include "execution/job.hpp"
#include "execution/meters.hpp"
#include "execution/release_book.hpp"
#include "gateway/clock.hpp"
#include "gateway/executor.hpp"

namespace gateway {

// Admits calls into two bounded, fair queues (one for the worker, one for the readers), hands them
// out, and tells every admitted call its outcome exactly once.
//
// Continuations and sweeps wait in a background lane behind the callers, with a guaranteed share:
// one per batch, or one after every few reads.
// Thread rule: any. Completions are called without a lock.
class CallDesk {
 public:
  CallDesk(const ExecutorOptions& options, Clock& clock, LogSink log);

  void admit(JobPtr job);  // queued, or told kOverloaded or kShuttingDown at once
  void refuse(JobPtr job, Outcome::Kind kind, std::string message);  // instead of admit()
  void requeue(JobPtr job);  // for its next step or attempt, behind waiting callers

  // Up to `limit` calls for one batch. Blocks until there is one if `wait`; empty then means: stop.
  std::vector<JobPtr> take_batch(std::size_t limit, bool wait);
  // The next read; blocks. Null means: stop.
  JobPtr take_read();

  void finish(JobPtr job, Outcome outcome);
  void finish_given_up(JobPtr job);  // the drain's time was over before it was done
  void log(std::uint32_t level, std::string_view component, std::string_view text) const;

  void drain(std::chrono::milliseconds limit);
  void stop();  // after drain: take_*() end

  // The drain's time is over: calls that have not run are refused, running ones should return.
  const std::atomic<bool>& given_up() const { return given_up_; }
  std::uint64_t queued() const;
  Meters& meters() { return meters_; }
  ReleaseBook& releases() { return releases_; }
  Breaker& breaker() { return breaker_; }
  Clock& clock() { return clock_; }

 private:
  struct Lanes {
    FairQueue<JobPtr> callers;
    std::deque<JobPtr> background;
    std::size_t callers_in_a_row = 0;
    bool empty() const { return callers.empty() && background.empty(); }
    std::vector<JobPtr> take(std::size_t limit);
    std::size_t background_share(std::size_t limit) const;
  };

  Lanes& lanes_of(const Job& job) { return job.read_side() ? reads_ : writes_; }
  bool make_room(const std::string& client, JobPtr& evicted);
  std::int64_t retry_after_ms() const;
  void give_up();
  void tell(JobPtr job, Outcome outcome);  // admitted or not

  const ExecutorOptions options_;
  Clock& clock_;
  const LogSink log_;
  Meters meters_;
  ReleaseBook releases_;
  Breaker breaker_;

  mutable std::mutex mutex_;
  std::condition_variable work_;  // something for the worker
  std::condition_variable reads_waiting_;
  std::condition_variable idle_;  // admitted_ fell to 0
  Lanes writes_, reads_;
  std::size_t admitted_ = 0;  // waiting or running
  bool draining_ = false;
  bool stopping_ = false;
  std::atomic<bool> given_up_{false};
};

}  // namespace gateway
