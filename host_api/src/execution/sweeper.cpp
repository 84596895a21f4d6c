#include "gateway/sweeper.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace gateway {
namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
// Soon after start, but not while the gateway is still coming up.
constexpr std::uint64_t kFirstOfferNs = 1 * kNsPerSecond;
// How often the clock is looked at, in real time: the clock is a parameter, nobody wakes a sleeper
// when it moves.
constexpr std::chrono::milliseconds kLook{100};

bool is_failure(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::kReply:
    case Outcome::Kind::kShuttingDown:
    case Outcome::Kind::kOverloaded:
      return false;  // offered again in time
    default:
      return true;
  }
}

}  // namespace

struct Sweeper::Impl {
  Impl(Executor& calls, Slot& releases, Clock& time, LogSink sink)
      : executor(calls), slot(releases), clock(time), log(std::move(sink)) {}

  void loop();
  void offer_due(std::uint64_t now_ns);
  bool due(const SweepInfo& sweep, std::uint64_t now_ns);
  void offer(const SweepInfo& sweep);
  void ended(const std::string& name, const Outcome& outcome);

  struct State {
    std::uint64_t next_ns = 0;
    bool running = false;
  };

  Executor& executor;
  Slot& slot;
  Clock& clock;
  const LogSink log;

  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  std::size_t running = 0;
  std::map<std::string, State> sweeps;  // by name: a new release goes on with the old one's cadence
  std::uint64_t started_ns = 0;
  std::thread thread;
};

Sweeper::Sweeper(Executor& executor, Slot& slot, Clock& clock, LogSink log)
    : impl_(std::make_unique<Impl>(executor, slot, clock, std::move(log))) {}

Sweeper::~Sweeper() { stop(); }

void Sweeper::start() {
  if (impl_->thread.joinable()) return;
  impl_->stopping = false;
  impl_->started_ns = impl_->clock.steady_ns();
  impl_->thread = std::thread([impl = impl_.get()] { impl->loop(); });
}

void Sweeper::stop_offering() {
  if (!impl_->thread.joinable()) return;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    impl_->changed.notify_all();
  }
  impl_->thread.join();
}

void Sweeper::stop() {
  stop_offering();
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait(lock, [&] { return impl_->running == 0; });
}

void Sweeper::Impl::loop() {
  std::unique_lock lock(mutex);
  while (!stopping) {
    lock.unlock();
    offer_due(clock.steady_ns());
    lock.lock();
    changed.wait_for(lock, kLook, [&] { return stopping; });
  }
}

void Sweeper::Impl::offer_due(std::uint64_t now_ns) {
  std::vector<SweepInfo> ready;
  {
    const Slot::Lease lease = slot.acquire();
    if (!lease) return;
    for (const SweepInfo& sweep : lease->manifest().sweeps) {
      if (due(sweep, now_ns)) ready.push_back(sweep);
    }
  }
  if (ready.empty()) return;
  const auto role = executor.role();
  for (const SweepInfo& sweep : ready) {
    const bool here = sweep.scope == SweepInfo::Scope::kNode || (role && role->sweeps);
    if (here) offer(sweep);
  }
}

// Also takes the turn: whoever is not offered now (another node sweeps) waits for the next one.
bool Sweeper::Impl::due(const SweepInfo& sweep, std::uint64_t now_ns) {
  const std::lock_guard lock(mutex);
  auto [entry, fresh] = sweeps.try_emplace(sweep.name);
  State& state = entry->second;
  if (fresh) state.next_ns = started_ns + kFirstOfferNs;
  if (state.running || now_ns < state.next_ns) return false;
  state.next_ns = now_ns + std::max<std::uint64_t>(sweep.every_seconds, 1) * kNsPerSecond;
  return true;
}

void Sweeper::Impl::offer(const SweepInfo& sweep) {
  {
    const std::lock_guard lock(mutex);
    sweeps[sweep.name].running = true;
    ++running;
  }
  Request request;
  request.kind = Request::Kind::kSweep;
  request.name = sweep.name;
  request.caller_kind = GW_CALLER_HOST;
  request.client = "host:sweeper";
  request.timeout = std::chrono::milliseconds(0);
  executor.submit(std::move(request),
                  [this, name = sweep.name](const Outcome& outcome) { ended(name, outcome); });
}

void Sweeper::Impl::ended(const std::string& name, const Outcome& outcome) {
  if (log && is_failure(outcome)) {
    log(GW_LOG_WARN, "host", "sweep " + name + " failed: " + outcome.message);
  }
  const std::lock_guard lock(mutex);
  sweeps[name].running = false;
  --running;
  changed.notify_all();
}

}  // namespace gateway
