#include "execution/reader_pool.hpp"

#include <algorithm>

#include "execution/breadcrumbs.hpp"
#include "execution/mutants.hpp"
#include "journal/journal.hpp"

namespace gateway {

ReaderPool::ReaderPool(const ExecutorOptions& options, CallDesk& desk, StepRunner& runner,
                       Engine& engine, std::function<View::Layers()> unreleased)
    : options_(options),
      desk_(desk),
      runner_(runner),
      engine_(engine),
      unreleased_(std::move(unreleased)) {
  readers_.resize(std::max<std::size_t>(options.readers, 1));
  for (Reader& reader : readers_) start(reader);
}

ReaderPool::~ReaderPool() {
  for (Reader& reader : readers_) reader.thread.join();
}

void ReaderPool::start(Reader& reader) {
  reader.post = std::make_shared<Post>();
  reader.thread = std::thread([this, post = reader.post] { loop(*post); });
}

void ReaderPool::loop(Post& post) {
  const Breadcrumbs::Seat seat(options_.breadcrumbs.get());
  while (JobPtr job = desk_.take_read()) {
    if (!serve(post, std::move(job))) return;
  }
}

// False when the thread was left behind meanwhile.
bool ReaderPool::serve(Post& post, JobPtr job) {
  if (desk_.given_up()) {
    desk_.finish_given_up(std::move(job));
    return true;
  }
  if (job->expired(desk_.clock().steady_ns())) {
    Outcome late = outcome_of(*job, Outcome::Kind::kExpired, GW_CANCELLED,
                              "the deadline passed before the call could run; nothing happened");
    desk_.finish(std::move(job), std::move(late));
    return true;
  }
  auto snapshot = engine_.snapshot();
  if (!snapshot) {
    Outcome failed = outcome_of(*job, Outcome::Kind::kStorage, snapshot.error().status,
                                snapshot.error().message);
    desk_.finish(std::move(job), std::move(failed));
    return true;
  }
  const std::uint64_t sequence = (*snapshot)->sequence();  // the newest commit it can see
  View::Layers layers;
  if (job->kept) layers.push_back(job->kept);
  if constexpr (mutants::kReadOverlay) {
    for (auto& layer : unreleased_()) layers.push_back(std::move(layer));
  }
  StepResult result;
  {
    View view(**snapshot, std::move(layers));
    result = runner_.run(post.begin(std::move(job)), view);
  }
  job = post.end();
  if (job == nullptr) return false;
  snapshot->reset();
  advance(std::move(job), std::move(result), sequence);
  return true;
}

std::vector<JobPtr> ReaderPool::look(std::chrono::milliseconds since_last, const HookLimit& limit) {
  std::vector<JobPtr> told;
  for (Reader& reader : readers_) {
    JobPtr job = reader.post->look(since_last, limit);
    if (job == nullptr) continue;
    reader.thread.detach();
    start(reader);
    told.push_back(std::move(job));
  }
  return told;
}

void ReaderPool::advance(JobPtr job, StepResult result, std::uint64_t sequence) {
  if (result.status == GW_CONFLICT && job->attempt + 1 < options_.max_attempts) {
    ++job->attempt;
    return desk_.requeue(std::move(job));
  }
  runner_.publish(*job, result);
  if (!result.record.empty()) options_.journal->answered(sequence, std::move(result.record));
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
