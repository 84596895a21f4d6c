#include "execution/desk.hpp"

#include <algorithm>

namespace gateway {
namespace {

// Callers between two background steps while both wait and calls are taken one by one.
constexpr std::size_t kCallersPerBackground = 8;
// Background steps in one batch while no caller waits: enough to share a commit, few enough for a
// caller who comes.
constexpr std::size_t kIdleBackground = 16;

}  // namespace

CallDesk::CallDesk(const ExecutorOptions& options, Clock& clock, LogSink log)
    : options_(options), clock_(clock), log_(std::move(log)), breaker_(options.hook_limit) {}

void CallDesk::admit(JobPtr job) {
  JobPtr evicted;
  {
    std::unique_lock lock(mutex_);
    if (draining_ && job->hook != Hook::kStop) {
      lock.unlock();
      Outcome outcome = outcome_given_up(*job);
      return tell(std::move(job), std::move(outcome));
    }
    if (!make_room(job->request.client, evicted)) {
      const std::int64_t wait_ms = retry_after_ms();
      lock.unlock();
      Outcome outcome = outcome_of(*job, Outcome::Kind::kOverloaded, GW_UNAVAILABLE,
                                   "the queue is full; try again later");
      outcome.retry_after_ms = wait_ms;
      return tell(std::move(job), std::move(outcome));
    }
    Lanes& lanes = lanes_of(*job);
    auto& signal = job->read_side() ? reads_waiting_ : work_;
    ++admitted_;
    if (job->hook == Hook::kSweep) {
      lanes.background.push_back(std::move(job));
    } else {
      const std::string client = job->request.client;
      lanes.callers.push(client, std::move(job));
    }
    signal.notify_one();
  }
  if (evicted) {
    Outcome outcome =
        outcome_of(*evicted, Outcome::Kind::kOverloaded, GW_UNAVAILABLE,
                   "the queue is full and this client has most of it; try again later");
    {
      const std::lock_guard lock(mutex_);
      outcome.retry_after_ms = retry_after_ms();
    }
    finish(std::move(evicted), std::move(outcome));
  }
}

// Only waiting callers are bounded: whatever waits in the background has been admitted before.
bool CallDesk::make_room(const std::string& client, JobPtr& evicted) {
  if (writes_.callers.size() + reads_.callers.size() < options_.max_queue) return true;
  auto& longer = writes_.callers.size() >= reads_.callers.size() ? writes_ : reads_;
  return longer.callers.push_out(client, evicted);
}

// A guess at when a good part of what waits is done, at thousands of calls per second.
std::int64_t CallDesk::retry_after_ms() const {
  const std::size_t waiting = writes_.callers.size() + reads_.callers.size();
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(waiting / 8), 50, 2'000);
}

void CallDesk::requeue(JobPtr job) {
  {
    const std::lock_guard lock(mutex_);
    if (!given_up_) {
      auto& signal = job->read_side() ? reads_waiting_ : work_;
      lanes_of(*job).background.push_back(std::move(job));
      signal.notify_one();
      return;
    }
  }
  finish_given_up(std::move(job));
}

void CallDesk::finish_given_up(JobPtr job) {
  Outcome outcome = outcome_given_up(*job);
  finish(std::move(job), std::move(outcome));
}

std::vector<JobPtr> CallDesk::take_batch(std::size_t limit, bool wait) {
  std::unique_lock lock(mutex_);
  if (wait) work_.wait(lock, [&] { return stopping_ || !writes_.empty(); });
  return writes_.take(limit);
}

JobPtr CallDesk::take_read() {
  std::unique_lock lock(mutex_);
  reads_waiting_.wait(lock, [&] { return stopping_ || !reads_.empty(); });
  auto jobs = reads_.take(1);
  return jobs.empty() ? nullptr : std::move(jobs.front());
}

std::size_t CallDesk::Lanes::background_share(std::size_t limit) const {
  if (background.empty() || limit == 0) return 0;
  if (callers.empty()) return std::min({kIdleBackground, limit, background.size()});
  if (limit > 1) return 1;
  return callers_in_a_row >= kCallersPerBackground ? 1 : 0;
}

std::vector<JobPtr> CallDesk::Lanes::take(std::size_t limit) {
  std::vector<JobPtr> jobs;
  const std::size_t share = background_share(limit);
  while (!callers.empty() && jobs.size() + share < limit) jobs.push_back(callers.pop());
  callers_in_a_row = share > 0 ? 0 : callers_in_a_row + jobs.size();
  for (std::size_t i = 0; i < share; ++i) {
    jobs.push_back(std::move(background.front()));
    background.pop_front();
  }
  return jobs;
}

void CallDesk::finish(JobPtr job, Outcome outcome) {
  tell(std::move(job), std::move(outcome));
  const std::lock_guard lock(mutex_);
  if (--admitted_ == 0) idle_.notify_all();
}

void CallDesk::tell(JobPtr job, Outcome outcome) {
  if (!job->metric_name.empty()) meters_.ended(job->metric_name, outcome_name(outcome));
  const Completion done = std::move(job->done);
  job.reset();  // its lease goes first: a caller with a reply holds no release
  if (!done) return;
  try {
    done(std::move(outcome));
  } catch (const std::exception& error) {
    log(GW_LOG_ERROR, "host", std::string("a completion threw: ") + error.what());
  }
}

void CallDesk::refuse(JobPtr job, Outcome::Kind kind, std::string message) {
  Outcome outcome = outcome_of(*job, kind, GW_UNAVAILABLE, std::move(message));
  tell(std::move(job), std::move(outcome));
}

void CallDesk::log(std::uint32_t level, std::string_view component, std::string_view text) const {
  if (log_) log_(level, component, text);
}

void CallDesk::drain(std::chrono::milliseconds limit) {
  {
    std::unique_lock lock(mutex_);
    draining_ = true;
    if (idle_.wait_for(lock, limit, [&] { return admitted_ == 0; })) return;
  }
  give_up();
}

void CallDesk::give_up() {
  given_up_ = true;
  std::vector<JobPtr> waiting;
  {
    const std::lock_guard lock(mutex_);
    for (Lanes* lanes : {&writes_, &reads_}) {
      while (!lanes->callers.empty()) waiting.push_back(lanes->callers.pop());
      for (JobPtr& job : lanes->background) waiting.push_back(std::move(job));
      lanes->background.clear();
    }
  }
  for (JobPtr& job : waiting) finish_given_up(std::move(job));
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [&] { return admitted_ == 0; });
  given_up_ = false;  // `stop` may still run
}

void CallDesk::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  work_.notify_all();
  reads_waiting_.notify_all();
}

std::uint64_t CallDesk::queued() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t queued = 0;
  for (const Lanes* lanes : {&writes_, &reads_}) {
    queued += lanes->callers.size() + lanes->background.size();
  }
  return queued;
}

}  // namespace gateway
