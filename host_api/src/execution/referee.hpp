// What stands beside the executor while a release is on trial.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "execution/transition.hpp"
#include "execution/view.hpp"

namespace gateway {

struct Job;

// Chooses the release that runs a call, runs its steps, and may put another release's result in place of one.
// Thread rule: any.
class Referee {
 public:
  virtual ~Referee() = default;

  // A tool call or sweep was routed to the active release and may be given to another.
  virtual void assign(Job& job) = 0;

  // Runs the next step of a job that was assigned. The result is on `view`'s state, whoever made it, or is
  // run_elsewhere().
  virtual StepResult run(Job& job, View& view, const StepInput& input) = 0;

  // These writes are going to be committed on top of the commit `base`. Called before they are.
  virtual void merged(const std::vector<Write>& writes, std::uint64_t base) = 0;
};

// As the result of a step that is not to be kept: the release that the job has then runs it, on a view of its own.
inline StepResult run_elsewhere() {
  StepResult again;
  again.status = GW_CONFLICT;
  again.error =
      "a release on trial could not finish it, and there was no time left for the other one";
  return again;
}

// The referee of an executor, mostly none: looking costs one load then.
// Thread rule: any.
class RefereeSeat {
 public:
  void set(std::shared_ptr<Referee> referee) {
    const std::lock_guard lock(mutex_);
    taken_ = referee != nullptr;
    referee_ = std::move(referee);
  }
  std::shared_ptr<Referee> get() const {
    if (!taken_.load(std::memory_order_relaxed)) return nullptr;
    const std::lock_guard lock(mutex_);
    return referee_;
  }

 private:
  std::atomic<bool> taken_{false};
  mutable std::mutex mutex_;
  std::shared_ptr<Referee> referee_;
};

}  // namespace gateway
