// A call on its way through the executor.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "execution/referee.hpp"
#include "execution/transition.hpp"
#include "gateway/executor.hpp"
#include "gateway/slot.hpp"

namespace gateway {

// One admitted call, over all its steps and attempts. Owned by exactly one place at a time: a
// queue, the worker, a reader.
struct Job {
  Request request;
  Completion done;
  // The release that serves the steps of this call. While one runs it and `reference` change only by serve_by() and
  // serve_by_reference(), and the watchdog reads them with held().
  Slot::Lease lease;
  std::shared_ptr<Referee> referee;  // runs the steps while a release is on trial; mostly none
  Slot::Lease
      reference;  // of a call that a release on trial serves: whose result may take its place
  std::vector<Write> host_writes;  // of commit_host(): committed as they are, no plugin runs
  std::string metric_name;         // of its histograms
  Hook hook = Hook::kTool;
  std::uint32_t flags = 0;  // GW_CALL_*
  std::uint64_t max_reply = limits::kMaxReply;
  bool coordinator_only = false;  // a sweep that only the lease holder may run

  std::uint64_t arrived_ns = 0;   // steady
  std::uint64_t deadline_ns = 0;  // steady; 0 = none
  std::uint32_t step = 0;
  std::uint32_t attempt = 0;
  bool ran = false;             // at least once
  bool alone = false;           // shares no commit with others
  std::int64_t now_ms = 0;      // of the last step that ran
  std::string continuation;     // into the next step
  std::shared_ptr<Layer> kept;  // dry run: the writes of all steps so far, never committed

  std::atomic<bool> cut{false};  // the hook that runs, or ran last, is over the hard limit

  // Thread rule: the thread that runs the step.
  void serve_by(Slot::Lease other) {
    const std::lock_guard lock(lease_mutex);
    std::swap(lease, other);
  }
  void serve_by_reference() {
    const std::lock_guard lock(lease_mutex);
    lease = std::exchange(reference, Slot::Lease());
  }
  // The reference runs the step meanwhile, beside the release that serves it.
  void set_in_reference(bool in) {
    const std::lock_guard lock(lease_mutex);
    in_reference = in;
  }
  // The release whose code runs, and the other one that the job holds, if any. Thread rule: any.
  std::pair<Slot::Lease, Slot::Lease> held() const {
    const std::lock_guard lock(lease_mutex);
    return in_reference ? std::pair(reference, lease) : std::pair(lease, reference);
  }
  mutable std::mutex lease_mutex;
  bool in_reference = false;

  bool read_side() const { return (flags & (GW_CALL_READ_ONLY | GW_CALL_DRY_RUN)) != 0; }

  // Why a step that ran from `began_ns` to `now_ns` (steady) took too long; null: it did not.
  const char* overrun(const StepResult& result, std::uint64_t began_ns, std::uint64_t now_ns) const;

  // Nothing of it has happened yet and its deadline is over. A call with a committed step goes on
  // to its end.
  bool expired(std::uint64_t steady_ns) const {
    return deadline_ns != 0 && steady_ns > deadline_ns && (step == 0 || read_side());
  }
};
using JobPtr = std::unique_ptr<Job>;

// The outcome of the last step, seeing commits up to `sequence`.
Outcome outcome_of(const Job& job, StepResult result, std::uint64_t sequence);

// An outcome without a reply.
Outcome outcome_of(const Job& job, Outcome::Kind kind, gw_status status, std::string message);

// The outcome of a call whose hook was over the hard limit: nothing of that step was written.
Outcome outcome_cut(const Job& job);

// The outcome of a call that shutting down ended: not run, or only some of its steps.
Outcome outcome_given_up(const Job& job);

// "ok", "refused", "storage_no_space", "expired", ...: how an outcome is counted.
std::string outcome_name(const Outcome& outcome);

}  // namespace gateway
