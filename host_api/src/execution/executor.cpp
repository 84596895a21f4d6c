#include "gateway/executor.hpp"

#include <algorithm>
#include <future>
#include <mutex>
#include <utility>

#include "execution/desk.hpp"
#include "execution/reader_pool.hpp"
#include "execution/referee.hpp"
#include "execution/routing.hpp"
#include "execution/runner.hpp"
#include "execution/watchdog.hpp"
#include "execution/worker.hpp"
#include "loading/left_behind.hpp"

namespace gateway {
namespace {

constexpr Hook kHookOf[] = {Hook::kTool,       Hook::kSweep,        Hook::kStart,  Hook::kStop,
                            Hook::kOutboxNext, Hook::kOutboxSettle, Hook::kMigrate};

// False when the manifest knows no such tool or sweep.
bool route(Job& job) {
  job.hook = kHookOf[static_cast<std::size_t>(job.request.kind)];
  Routing routing = routing_of(*job.lease, job.hook, job.request.name, job.request.args_json);
  job.metric_name = std::move(routing.metric_name);
  job.max_reply = routing.max_reply;
  job.flags |= routing.flags;
  job.coordinator_only = routing.coordinator_only;
  return routing.known;
}

}  // namespace

// The order of the members is the order of construction: threads last.
struct Executor::Impl {
  Impl(ExecutorOptions chosen, Engine& store, Slot& releases, Clock& time, NodeState& identity,
       LogSink log)
      : options(std::move(chosen)),
        engine(store),
        slot(releases),
        clock(time),
        node(identity),
        desk(options, time, log),
        runner(options, desk, identity),
        worker(std::make_unique<Worker>(options, desk, runner, store, referees, log)),
        readers(std::make_unique<ReaderPool>(options, desk, runner, store,
                                             [this] { return worker->unreleased(); })),
        watchdog(look_every(options), [this](std::chrono::milliseconds since) { look(since); }) {}

  // Ends every thread but those that were left behind.
  void close() {
    desk.drain(std::chrono::milliseconds(0));
    desk.stop();
    watchdog.stop();
    readers.reset();
    worker.reset();
  }

  static std::chrono::milliseconds look_every(const ExecutorOptions& options) {
    return std::clamp(options.hook_limit / 40, std::chrono::milliseconds(5),
                      std::chrono::milliseconds(500));
  }
  void look(std::chrono::milliseconds since);
  void give_up(JobPtr told);

  const ExecutorOptions options;
  Engine& engine;
  Slot& slot;
  Clock& clock;
  NodeState& node;
  CallDesk desk;
  StepRunner runner;
  RefereeSeat referees;
  std::unique_ptr<Worker> worker;
  std::unique_ptr<ReaderPool> readers;
  std::mutex hung_mutex;
  std::vector<HungCall> hung;
  std::size_t wedged = 0;
  Watchdog watchdog;
};

void Executor::Impl::look(std::chrono::milliseconds since) {
  // At the end of a drain every hook has been told already.
  const auto hard = desk.given_up() ? std::chrono::milliseconds(0) : options.hook_limit;
  const HookLimit limit{hard, options.hook_limit / 10};
  if (JobPtr told = worker->look(since, limit)) give_up(std::move(told));
  for (JobPtr& told : readers->look(since, limit)) give_up(std::move(told));
}

void Executor::Impl::give_up(JobPtr told) {
  const ReleaseId release = told->lease->release();
  const FailedCall call{clock.now_ms(), told->metric_name, told->request.request_id, "hung",
                        "it did not return, also when it was cancelled"};
  desk.log(GW_LOG_ERROR, "host",
           "version " + release.version + " hangs in " + call.name +
               "; its thread is left behind, and its library stays loaded");
  slot.pin(told->lease);
  if (told->reference) slot.pin(told->reference);  // the job that is left behind holds it, too
  desk.releases().failed(release.sha256, &ReleaseCounts::hung, call);
  desk.breaker().hung(release.sha256, call.name, clock.steady_ns());
  {
    const std::lock_guard lock(hung_mutex);
    hung.push_back({release, call});
    ++wedged;
  }
  Outcome outcome = outcome_cut(*told);
  desk.finish(std::move(told), std::move(outcome));
}

Executor::Executor(ExecutorOptions options, Engine& engine, Slot& slot, Clock& clock,
                   NodeState& node, LogSink log)
    : impl_(std::make_unique<Impl>(std::move(options), engine, slot, clock, node, std::move(log))) {
}

Executor::~Executor() {
  impl_->close();
  // The threads that were left behind may still come back to it.
  if (impl_->wedged != 0) keep_for_ever(std::shared_ptr<Impl>(std::move(impl_)));
}

std::vector<HungCall> Executor::take_hung() {
  const std::lock_guard lock(impl_->hung_mutex);
  return std::exchange(impl_->hung, {});
}

std::size_t Executor::wedged() const {
  const std::lock_guard lock(impl_->hung_mutex);
  return impl_->wedged;
}

void Executor::submit(Request request, Completion done) {
  auto job = std::make_unique<Job>();
  job->request = std::move(request);
  job->done = std::move(done);
  if (job->request.request_id.empty()) job->request.request_id = crypto::uuid_v4();
  job->arrived_ns = impl_->clock.steady_ns();
  if (job->request.timeout.count() > 0) {
    job->deadline_ns =
        job->arrived_ns + static_cast<std::uint64_t>(job->request.timeout.count()) * 1'000'000;
  }
  job->lease = impl_->slot.acquire();
  if (!job->lease) {
    return impl_->desk.refuse(std::move(job), Outcome::Kind::kNoPlugin, "no plugin is active");
  }
  if (!route(*job)) {
    const std::string message = "no such tool or sweep: " + job->request.name;
    return impl_->desk.refuse(std::move(job), Outcome::Kind::kUnknownName, message);
  }
  if (job->hook == Hook::kTool || job->hook == Hook::kSweep) {
    job->referee = impl_->referees.get();
    if (job->referee) job->referee->assign(*job);
  }
  if (!impl_->desk.breaker().admits(job->lease->release().sha256, job->metric_name,
                                    job->arrived_ns)) {
    const std::string message = "version " + job->lease->release().version + " hangs in " +
                                job->metric_name + "; it is not called for a while";
    return impl_->desk.refuse(std::move(job), Outcome::Kind::kNoPlugin, message);
  }
  impl_->desk.admit(std::move(job));
}

void Executor::set_referee(std::shared_ptr<Referee> referee) {
  impl_->referees.set(std::move(referee));
}

Outcome Executor::run(Request request) {
  // Shared, because the waiter may be gone before set_value() has returned.
  auto promise = std::make_shared<std::promise<Outcome>>();
  auto outcome = promise->get_future();
  submit(std::move(request), [promise](Outcome result) { promise->set_value(std::move(result)); });
  return outcome.get();
}

StoreResult<void> Executor::commit_host(std::vector<Write> writes) {
  if (writes.empty()) return {};
  auto job = std::make_unique<Job>();
  job->request.client = "host";
  job->request.request_id = crypto::uuid_v4();
  job->metric_name = "host:commit";
  job->arrived_ns = impl_->clock.steady_ns();
  job->host_writes = std::move(writes);
  auto promise = std::make_shared<std::promise<Outcome>>();  // shared: see run()
  auto outcome = promise->get_future();
  job->done = [promise](Outcome result) { promise->set_value(std::move(result)); };
  impl_->desk.admit(std::move(job));
  Outcome result = outcome.get();
  if (result.kind == Outcome::Kind::kReply) return {};
  return StoreError{result.status, std::move(result.message)};
}

void Executor::drain(std::chrono::milliseconds limit) { impl_->desk.drain(limit); }

ExecutorMetrics Executor::metrics() const {
  return impl_->desk.meters().read(impl_->desk.queued());
}

ReleaseCounts Executor::counts(const std::string& sha256) const {
  return impl_->desk.releases().read(sha256);
}

Latencies Executor::latencies(const std::string& sha256) const {
  return impl_->desk.releases().latencies(sha256);
}

void Executor::restart_counts(const std::string& sha256) { impl_->desk.releases().restart(sha256); }

void Executor::count_violation(const std::string& sha256, FailedCall call) {
  impl_->desk.releases().failed(sha256, &ReleaseCounts::violations, std::move(call));
}

StoreResult<NodeRole> Executor::role() const {
  const Slot::Lease lease = impl_->slot.acquire();
  if (!lease) return impl_->node.role({});
  auto snapshot = impl_->engine.snapshot();
  if (!snapshot) return std::move(snapshot).error();
  View view(**snapshot);
  return read_role(impl_->node, lease->manifest().coordinator, view, false);
}

void Executor::observe(std::function<void(const Request&, const CallTrace&)> observer) {
  impl_->runner.observe(std::move(observer));
}

}  // namespace gateway
