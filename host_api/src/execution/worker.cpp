#include "execution/worker.hpp"

#include <algorithm>
#include <iterator>

#include "execution/breadcrumbs.hpp"
#include "execution/mutants.hpp"
#include "journal/journal.hpp"

namespace gateway {
namespace {

constexpr std::uint32_t kAttemptsInCompany = 2;  // failed commits after which a call commits alone
constexpr std::uint32_t kMaxBackOffMs = 16;
// A snapshot that has been open for so long is not given to another call of the batch: an engine may
// end it (SQLite's after 5 s), and whoever reads it then should have no one else to thank for that.
constexpr std::uint64_t kOldViewNs = 1'000'000'000;

// The steps of a batch that is durable, in the order in which they ran.
std::vector<std::string> take_records(Batch& batch) {
  std::vector<std::string> records;
  records.reserve(batch.held().size());
  for (Batch::Held& held : batch.held()) {
    if (!held.result.record.empty()) records.push_back(std::move(held.result.record));
    held.result.record.clear();
  }
  return records;
}

}  // namespace

Worker::Worker(const ExecutorOptions& options, CallDesk& desk, StepRunner& runner, Engine& engine,
               const RefereeSeat& referees, LogSink log)
    : options_(options),
      desk_(desk),
      runner_(runner),
      referees_(referees),
      committer_(engine, std::move(log)),
      jitter_(static_cast<std::uint32_t>(desk.clock().steady_ns())) {
  start();
}

Worker::~Worker() { thread_.join(); }

void Worker::start() {
  shift_ = std::make_shared<Shift>();
  thread_ = std::thread([this, shift = shift_] { loop(*shift); });
}

void Worker::loop(Shift& shift) {
  const Breadcrumbs::Seat seat(options_.breadcrumbs.get());
  for (auto jobs = next_jobs(); !jobs.empty(); jobs = next_jobs()) {
    if (!run_batch(shift, std::move(jobs))) return;
  }
}

std::vector<JobPtr> Worker::next_jobs() {
  std::vector<JobPtr> jobs;
  const std::size_t limit = std::max<std::size_t>(options_.max_batch_calls, 1);
  while (!carried_.empty() && jobs.size() < limit) {
    const bool alone = carried_.front()->alone;
    if (alone && !jobs.empty()) return jobs;
    jobs.push_back(std::move(carried_.front()));
    carried_.pop_front();
    if (alone) return jobs;
  }
  auto waiting = desk_.take_batch(limit - jobs.size(), jobs.empty());
  std::move(waiting.begin(), waiting.end(), std::back_inserter(jobs));
  return jobs;
}

// False when the thread was left behind meanwhile.
bool Worker::run_batch(Shift& shift, std::vector<JobPtr> jobs) {
  auto snapshot = committer_.snapshot();
  if (!snapshot) {
    for (JobPtr& job : jobs) fail(std::move(job), Outcome::Kind::kStorage, snapshot.error());
    return true;
  }
  const std::uint64_t old_at_ns = desk_.clock().steady_ns() + kOldViewNs;
  shift.batch = std::make_unique<Batch>(std::move(*snapshot));
  shift.referee = referees_.get();
  shift.view_is_shared = false;
  std::move(jobs.begin(), jobs.end(), std::back_inserter(shift.waiting));
  bool more = true;  // at least one is run, however slow everything is
  while (more && !shift.waiting.empty()) {
    JobPtr job = std::move(shift.waiting.front());
    shift.waiting.pop_front();
    if (!run_one(shift, std::move(job))) return false;
    shift.view_is_shared = true;
    more = shift.batch->bytes() < options_.max_batch_bytes && desk_.clock().steady_ns() < old_at_ns;
  }
  std::move(shift.waiting.begin(), shift.waiting.end(), std::back_inserter(carried_));
  shift.waiting.clear();
  settle(*shift.batch);
  shift.batch.reset();
  return true;
}

bool Worker::run_one(Shift& shift, JobPtr job) {
  Batch& batch = *shift.batch;
  if (desk_.given_up()) {
    desk_.finish_given_up(std::move(job));
    return true;
  }
  if (job->expired(desk_.clock().steady_ns())) {
    fail(std::move(job), Outcome::Kind::kExpired,
         {GW_CANCELLED, "the deadline passed before the call could run; nothing happened"});
    return true;
  }
  const bool saw_unreleased = batch.has_writes();
  View view(batch.snapshot(), batch.layers());
  StepResult result = runner_.run(shift.post.begin(std::move(job)), view);
  job = shift.post.end();
  if (job == nullptr) return false;
  if (result.status == GW_CONFLICT) {
    run_again(std::move(job), {GW_CONFLICT, result.error});
    return true;
  }
  // Its view may have been ended for the time that others took.
  if (result.status == GW_UNAVAILABLE && shift.view_is_shared) {
    job->alone = true;
    run_again(std::move(job), {GW_UNAVAILABLE, result.error});
    return true;
  }
  if (shift.referee) shift.referee->merged(result.writes, batch.base_sequence());
  batch.merge(result, job->now_ms);
  const bool waits = saw_unreleased || !result.writes.empty();
  if (!waits || mutants::kReplyAtMerge) {
    release(std::move(job), std::move(result), batch.base_sequence());
  } else {
    batch.hold(std::move(job), std::move(result), desk_.clock().steady_ns());
  }
  return true;
}

// The thread inside the hook touches nothing but its post until the hook returns, and knows then that
// it was left behind; so all the rest is free to be taken.
JobPtr Worker::look(std::chrono::milliseconds since_last, const HookLimit& limit) {
  JobPtr told = shift_->post.look(since_last, limit);
  if (told == nullptr) return nullptr;
  std::deque<JobPtr> again;
  for (auto& held : shift_->batch->held()) again.push_back(std::move(held.job));
  shift_->batch->held().clear();
  for (auto* jobs : {&shift_->waiting, &carried_}) {
    std::move(jobs->begin(), jobs->end(), std::back_inserter(again));
    jobs->clear();
  }
  carried_ = std::move(again);
  thread_.detach();
  start();
  return told;
}

void Worker::settle(Batch& batch) {
  if (!batch.has_writes()) return;  // then nothing was held either
  if constexpr (mutants::kReadOverlay) expose(batch.layers());
  batch.close_snapshot();
  const Verdict verdict = committer_.commit(batch);
  if (verdict.kind == Verdict::Kind::kDurable) {
    desk_.meters().batch(verdict.sequence);
    if (options_.journal) {
      options_.journal->committed(batch.base_sequence(), verdict.sequence, take_records(batch));
    }
    if (options_.on_commit) options_.on_commit();
  }
  if (verdict.kind == Verdict::Kind::kConflict && !batch.held().empty()) {
    back_off(batch.held().front().job->attempt);
  }
  const std::uint64_t now_ns = desk_.clock().steady_ns();
  for (auto& [job, result, ran_ns] : batch.held()) {
    switch (verdict.kind) {
      case Verdict::Kind::kDurable:
        desk_.meters().committed(job->metric_name, now_ns - ran_ns);
        release(std::move(job), std::move(result), verdict.sequence);
        break;
      case Verdict::Kind::kConflict:
        run_again(std::move(job), {GW_CONFLICT, "other writers were faster every time"});
        break;
      case Verdict::Kind::kLost:
        run_again(std::move(job), verdict.error);
        break;
      case Verdict::Kind::kFailed:
      case Verdict::Kind::kUnknown:
        if (result.writes.empty()) {  // it read what is gone now, but has nothing to lose
          job->alone = true;
          run_again(std::move(job), verdict.error);
        } else {
          fail(std::move(job),
               verdict.kind == Verdict::Kind::kFailed ? Outcome::Kind::kStorage
                                                      : Outcome::Kind::kUnknown,
               verdict.error);
        }
        break;
    }
  }
  if constexpr (mutants::kReadOverlay) expose({});
}

// Certain now: tell the caller, or go on with the next step.
void Worker::release(JobPtr job, StepResult result, std::uint64_t sequence) {
  runner_.publish(*job, result);
  if (!result.record.empty()) options_.journal->answered(sequence, std::move(result.record));
  if (result.status == GW_MORE) {
    ++job->step;
    job->attempt = 0;
    job->alone = false;
    job->continuation = std::move(result.body);
    return desk_.requeue(std::move(job));
  }
  Outcome outcome = outcome_of(*job, std::move(result), sequence);
  desk_.finish(std::move(job), std::move(outcome));
}

void Worker::run_again(JobPtr job, const StoreError& reason) {
  if (++job->attempt >= options_.max_attempts) {
    return fail(std::move(job), Outcome::Kind::kStorage, reason);
  }
  job->alone = job->alone || job->attempt >= kAttemptsInCompany;
  carried_.push_back(std::move(job));
}

void Worker::fail(JobPtr job, Outcome::Kind kind, const StoreError& error) {
  Outcome outcome = outcome_of(*job, kind, error.status, error.message);
  desk_.finish(std::move(job), std::move(outcome));
}

// A conflict proves that there are other writers: keep out of step with them.
void Worker::back_off(std::uint32_t attempt) {
  const std::uint32_t most = std::min(1u << std::min(attempt, 8u), kMaxBackOffMs);
  std::this_thread::sleep_for(std::chrono::microseconds(jitter_() % (most * 1000)));
}

void Worker::expose(View::Layers layers) {
  const std::lock_guard lock(exposed_mutex_);
  exposed_ = std::move(layers);
}

View::Layers Worker::unreleased() const {
  const std::lock_guard lock(exposed_mutex_);
  return exposed_;
}

}  // namespace gateway
