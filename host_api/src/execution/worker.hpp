// The one thread that runs writing calls and commits them.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "execution/batch.hpp"
#include "execution/committer.hpp"
#include "execution/desk.hpp"
#include "execution/post.hpp"
#include "execution/referee.hpp"
#include "execution/runner.hpp"

namespace gateway {

// Stop and go: takes the calls that wait, runs each on (snapshot + what the batch has written + its
// own writes), commits the batch, releases the outcomes, and starts over. A snapshot is opened
// after the batch's calls left the queue. When it has become old, the batch is ended early, and what
// still waits gets a new one; a call that read too late in company is run again alone.
//
// An outcome that could see nothing unreleased is released at once; every other waits for the
// commit. A reply whose deadline passed while its batch was being committed is delivered all the
// same: it is durable and true.
//
// A thread whose hook hangs is left behind with the call and what its hook may still read; another
// thread takes over. The batch was never committed: its calls run again, and what the hook would
// write is refused.
class Worker {
 public:
  Worker(const ExecutorOptions& options, CallDesk& desk, StepRunner& runner, Engine& engine,
         const RefereeSeat& referees, LogSink log);
  ~Worker();  // the desk must have been stopped, and nobody looks any more

  // Gives up a hook that is over its limit. Returns what must be told of its call; null: there is
  // none. Thread rule: the watchdog's.
  JobPtr look(std::chrono::milliseconds since_last, const HookLimit& limit);

  // Only for the mutant that reads uncommitted writes; empty in every other build.
  View::Layers unreleased() const;

 private:
  // What a thread works on. While a hook runs, it touches none of it but its post.
  struct Shift {
    Post post;
    std::unique_ptr<Batch> batch;
    std::shared_ptr<Referee> referee;
    std::deque<JobPtr> waiting;   // of the batch, not run yet
    bool view_is_shared = false;  // a call before has used the batch's snapshot
  };

  void start();
  void loop(Shift& shift);
  std::vector<JobPtr> next_jobs();
  bool run_batch(Shift& shift, std::vector<JobPtr> jobs);
  bool run_one(Shift& shift, JobPtr job);
  void settle(Batch& batch);
  void release(JobPtr job, StepResult result, std::uint64_t sequence);
  void run_again(JobPtr job, const StoreError& reason);
  void fail(JobPtr job, Outcome::Kind kind, const StoreError& error);
  void back_off(std::uint32_t attempt);
  void expose(View::Layers layers);

  const ExecutorOptions options_;
  CallDesk& desk_;
  StepRunner& runner_;
  const RefereeSeat& referees_;
  Committer committer_;
  std::deque<JobPtr> carried_;  // out of the queue, to run before what waits there
  std::minstd_rand jitter_;
  mutable std::mutex exposed_mutex_;
  View::Layers exposed_;
  std::shared_ptr<Shift> shift_;  // of the thread that is not left behind; replaced by look()
  std::thread thread_;
};

}  // namespace gateway
