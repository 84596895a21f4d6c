#include "execution/reader_pool.hpp"

#include <algorithm>

#include "execution/mutants.hpp"

namespace gateway {

ReaderPool::ReaderPool(const ExecutorOptions& options, CallDesk& desk, StepRunner& runner,
                       Engine& engine, std::function<View::Layers()> unreleased)
    : options_(options),
      desk_(desk),
      runner_(runner),
      engine_(engine),
      unreleased_(std::move(unreleased)) {
  const std::size_t count = std::max<std::size_t>(options.readers, 1);
  threads_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) threads_.emplace_back([this] { loop(); });
}

ReaderPool::~ReaderPool() {
  for (std::thread& thread : threads_) thread.join();
}

void ReaderPool::loop() {
  while (JobPtr job = desk_.take_read()) serve(std::move(job));
}

void ReaderPool::serve(JobPtr job) {
  if (desk_.given_up()) return desk_.finish_given_up(std::move(job));
  if (job->expired(desk_.clock().steady_ns())) {
    Outcome late = outcome_of(*job, Outcome::Kind::kExpired, GW_CANCELLED,
                              "the deadline passed before the call could run; nothing happened");
    return desk_.finish(std::move(job), std::move(late));
  }
  StepResult result;
  auto sequence = run_step_of(*job, result);
  if (!sequence) {
    Outcome failed = outcome_of(*job, Outcome::Kind::kStorage, sequence.error().status,
                                sequence.error().message);
    return desk_.finish(std::move(job), std::move(failed));
  }
  advance(std::move(job), std::move(result), *sequence);
}

// Returns the newest commit that the step could see.
StoreResult<std::uint64_t> ReaderPool::run_step_of(Job& job, StepResult& result) {
  auto snapshot = engine_.snapshot();
  if (!snapshot) return std::move(snapshot).error();
  View::Layers layers;
  if (job.kept) layers.push_back(job.kept);
  if constexpr (mutants::kReadOverlay) {
    for (auto& layer : unreleased_()) layers.push_back(std::move(layer));
  }
  View view(**snapshot, std::move(layers));
  result = runner_.run(job, view);
  return (*snapshot)->sequence();
}

void ReaderPool::advance(JobPtr job, StepResult result, std::uint64_t sequence) {
  if (result.status == GW_CONFLICT && job->attempt + 1 < options_.max_attempts) {
    ++job->attempt;
    return desk_.requeue(std::move(job));
  }
  runner_.publish(*job, result);
  if (result.status == GW_MORE) {
    if (!job->kept) job->kept = std::make_shared<Layer>();
    job->kept->merge(result.writes);
    if (job->kept->bytes() > options_.max_batch_bytes) {
      result.status = GW_TOO_LARGE;
      result.error = "the steps of this dry run would write more than " +
                     std::to_string(options_.max_batch_bytes) + " bytes; try a smaller part";
    } else {
      ++job->step;
      job->attempt = 0;
      job->continuation = std::move(result.body);
      return desk_.requeue(std::move(job));
    }
  }
  Outcome outcome = outcome_of(*job, std::move(result), sequence);
  desk_.finish(std::move(job), std::move(outcome));
}

}  // namespace gateway
