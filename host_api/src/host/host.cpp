#include "gateway/host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>

#include "execution/breadcrumbs.hpp"
#include "execution/host_keys.hpp"
#include "gateway/sweeper.hpp"
#include "host/control.hpp"
#include "host/durable_files.hpp"
#include "host/ticker.hpp"
#include "host/watcher.hpp"
#include "journal/journal.hpp"
#include "loading/left_behind.hpp"
#include "store/scrubber.hpp"

namespace gateway {
namespace {

// How often a watched release is judged.
constexpr std::chrono::milliseconds kTick{50};

// What an operation that is under way at the end may always take: a swap is not cut short.
constexpr std::chrono::milliseconds kForOperation{2'000};

// The floor of the clock: time never runs back behind what was committed.
Result<std::shared_ptr<Clock>> make_clock(Engine& engine) {
  auto snapshot = engine.snapshot();
  if (!snapshot) return Error{"storage", snapshot.error().message};
  auto floor = host_keys::committed_clock(**snapshot);
  if (!floor) return Error{"storage", floor.error().message};
  return std::shared_ptr<Clock>(system_clock(*floor));
}

Control::Options control_options(const HostOptions& options, const std::string& root,
                                 const std::string& backups) {
  Control::Options out;
  out.root = root;
  out.plugin = options.plugin;
  out.library = options.library;
  out.config_json = options.config_json;
  out.on_file_change = options.on_file_change;
  out.watch_window = options.watch_window;
  out.canary = options.canary;
  out.prover.prover = options.prover;
  out.prover.timeout = options.prove_timeout;
  out.prover.node_id = options.node.node_id;
  out.signatures = options.signatures;
  out.backup = options.backup;
  out.backups = backups;
  const auto limit = options.executor.hook_limit;
  out.first_hooks = {{limit, limit / 10}, options.executor.breadcrumbs};
  out.log = options.log;
  return out;
}

}  // namespace

// The order of the members is the order in which they need each other: what is built last goes
// first.
struct Host::Impl {
  Impl(HostOptions chosen, StateDir directory, StateDir plugins, std::unique_ptr<Engine> store,
       std::shared_ptr<Clock> time)
      : options(std::move(chosen)),
        state_dir(std::move(directory)),
        plugins_root(std::move(plugins)),
        engine(std::move(store)),
        clock(std::move(time)),
        breadcrumbs(options.executor.breadcrumbs),
        journal(start_journal()),
        node(std::make_unique<NodeState>(options.node)),
        slot(
            [log = options.log](const ReleaseId& release) {
              if (log) log(GW_LOG_DEBUG, "host", "retired version " + release.version);
            },
            breadcrumbs),
        executor(std::make_unique<Executor>(executor_options(), *engine, slot, *clock, *node,
                                            options.log)) {}
  ~Impl();

  void shutdown(std::chrono::milliseconds limit);
  void stop_sources(std::chrono::milliseconds limit);
  void stop_plugin(std::chrono::milliseconds limit);
  std::shared_ptr<Journal> start_journal() const {
    if (!options.journal.enabled) return nullptr;
    JournalOptions chosen = options.journal;
    if (chosen.directory.empty()) chosen.directory = state_dir.path() + "/journal";
    return std::make_shared<Journal>(
        std::move(chosen),
        Journal::Subject{options.plugin, options.node.node_id, options.config_json}, *engine,
        *clock, options.log);
  }
  ExecutorOptions executor_options() {
    ExecutorOptions out = options.executor;
    out.journal = journal;
    out.on_commit = [this, told = options.on_commit] {
      if (auto* waiting = drainer.load()) waiting->wake();
      if (told) told();
    };
    return out;
  }
  void log(std::uint32_t level, const std::string& text) const {
    if (options.log) options.log(level, "host", text);
  }

  const HostOptions options;
  StateDir state_dir;
  StateDir plugins_root;
  std::unique_ptr<Engine> engine;
  std::shared_ptr<Clock> clock;
  std::shared_ptr<Breadcrumbs> breadcrumbs;
  std::shared_ptr<Journal> journal;
  std::unique_ptr<NodeState> node;
  Slot slot;
  std::atomic<OutboxDrainer*> drainer{nullptr};  // `outbox`, once commits may wake it
  std::unique_ptr<Executor> executor;
  std::unique_ptr<Control> control;
  std::unique_ptr<Sweeper> sweeper;
  std::unique_ptr<OutboxDrainer> outbox;
  std::mutex watcher_mutex;  // shutdown takes the watcher away while recheck_file() may wake it
  std::unique_ptr<Watcher> watcher;
  std::unique_ptr<Ticker> scrubbing;
  std::unique_ptr<Ticker> ticker;
  std::once_flag shut_down;
};

// Threads that were left behind inside hooks may come back to these.
Host::Impl::~Impl() {
  const bool wedged = executor->wedged() != 0;
  outbox.reset();
  control.reset();
  sweeper.reset();
  executor.reset();
  if (journal) journal->close();
  if (!wedged) return;
  keep_for_ever(std::shared_ptr<NodeState>(std::move(node)));
  keep_for_ever(clock);
  if (breadcrumbs) keep_for_ever(breadcrumbs);
}

Host::Host(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Host::~Host() { shutdown(std::chrono::milliseconds(0)); }

Result<std::unique_ptr<Host>> Host::open(HostOptions options, StateDir state_dir,
                                         std::unique_ptr<Engine> engine) {
  const std::string root = options.plugins_root.empty()
                               ? state_dir.path() + "/plugins/" + options.plugin
                               : options.plugins_root;
  // Locked too: it may lie outside the state directory, and be named by two gateways.
  auto plugins = StateDir::acquire(root);
  if (!plugins) return Error{"plugins_root", "plugins root: " + plugins.error().message};
  std::shared_ptr<Clock> clock = options.clock;
  if (clock == nullptr) {
    auto made = make_clock(*engine);
    if (!made) return made.error();
    clock = std::move(*made);
  }
  const std::string locked_root = plugins->path();
  if (options.crash_report) {
    auto crumbs = Breadcrumbs::open(locked_root + "/breadcrumbs");
    if (!crumbs) return Error{"plugins_root", crumbs.error().message};
    options.executor.breadcrumbs = std::move(*crumbs);
  }
  auto impl = std::make_unique<Impl>(std::move(options), std::move(state_dir), std::move(*plugins),
                                     std::move(engine), std::move(clock));
  Impl& host = *impl;
  auto control = Control::open(
      control_options(host.options, locked_root, host.state_dir.path() + "/backups"),
      {*host.engine, *host.executor, host.slot, *host.node, *host.clock, host.breadcrumbs.get()});
  if (!control) return Error{"plugins_root", control.error().message};
  host.control = std::move(*control);
  const auto seen = host.control->boot();
  if (host.options.sweep) {
    host.sweeper =
        std::make_unique<Sweeper>(*host.executor, host.slot, *host.clock, host.options.log);
    host.sweeper->start();
  }
  if (!host.options.deliver.empty()) {
    host.outbox = std::make_unique<OutboxDrainer>(*host.executor, *host.clock, host.options.deliver,
                                                  host.options.outbox, host.options.log);
    host.drainer = host.outbox.get();
    host.outbox->start();
  }
  if (!host.options.library.empty() && host.options.on_file_change != OnFileChange::kIgnore) {
    host.watcher = std::make_unique<Watcher>(
        Watcher::Options{host.options.library, host.options.watch_every, host.options.watch_quiet},
        seen, [&host](const Watcher::Seen& file) { return host.control->file_changed(file); });
  }
  if (host.options.scrub_every.count() > 0) {
    host.scrubbing = std::make_unique<Ticker>(
        host.options.scrub_every, [scrubber = std::make_shared<Scrubber>(
                                       *host.engine, host.options.log)] { scrubber->step(); });
  }
  host.ticker = std::make_unique<Ticker>(kTick, [&host] { host.control->tick(); });
  return std::unique_ptr<Host>(new Host(std::move(impl)));
}

void Host::call(Request request, Completion done) {
  impl_->executor->submit(std::move(request), std::move(done));
}

Outcome Host::run(Request request) { return impl_->executor->run(std::move(request)); }

Result<KnownRelease> Host::install(const std::string& file) {
  return impl_->control->install(file);
}

Result<KnownRelease> Host::verify(const std::string& file) { return impl_->control->verify(file); }

Result<KnownRelease> Host::swap(const std::string& what) { return impl_->control->swap(what); }

Result<KnownRelease> Host::prove(const std::string& what) { return impl_->control->prove(what); }

Result<std::vector<std::string>> Host::ask_release(const std::string& what,
                                                   const std::vector<ToolQuestion>& questions) {
  return impl_->control->ask(what, questions);
}

Result<KnownRelease> Host::upgrade(const std::string& what) {
  return impl_->control->upgrade(what);
}

Result<RolledBack> Host::rollback() { return impl_->control->rollback(); }

Result<CanaryStatus> Host::start_canary(const std::string& what, const CanaryPolicy& policy) {
  return impl_->control->start_canary(what, policy);
}

Result<CanaryStatus> Host::steer_canary(CanaryOrder order, const std::string& by) {
  return impl_->control->steer_canary(order, by);
}

const CanaryPolicy& Host::canary_policy() const { return impl_->options.canary; }

std::optional<CanaryStatus> Host::canary() const { return impl_->control->canary(); }

Result<Mark> Host::quarantine(const std::string& what, const std::string& reason) {
  return impl_->control->quarantine(what, reason);
}

Result<Mark> Host::lift_quarantine(const std::string& what) {
  return impl_->control->lift_quarantine(what);
}

Result<void> Host::reconfigure(const std::string& config_json) {
  auto done = impl_->control->reconfigure(config_json);
  if (done && impl_->journal) impl_->journal->reconfigured(config_json);
  return done;
}

void Host::recheck_file() {
  const std::lock_guard lock(impl_->watcher_mutex);
  if (impl_->watcher) impl_->watcher->recheck();
}

SlotStatus Host::status() const { return impl_->control->status(); }

std::vector<KnownRelease> Host::releases() const { return impl_->control->releases(); }

std::vector<HistoryEntry> Host::history() const { return impl_->control->history(); }

std::vector<Mark> Host::marks() const { return impl_->control->marks(); }

Slot::Lease Host::active() const { return impl_->slot.acquire(); }

ExecutorMetrics Host::metrics() const { return impl_->executor->metrics(); }

Engine& Host::engine() { return *impl_->engine; }

void Host::shutdown(std::chrono::milliseconds limit) {
  std::call_once(impl_->shut_down, [&] { impl_->shutdown(limit); });
}

// Whoever makes calls may be waiting for one that does not end, and only the drain ends it: so they are
// waited for beside it. They have the first part of the time, because their own calls are refused then.
void Host::Impl::shutdown(std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  if (control) control->refuse_later();
  if (sweeper) sweeper->stop_offering();
  auto quiet = std::async(std::launch::async, [this, limit] { stop_sources(limit / 2); });
  quiet.wait_for(std::max(limit, kForOperation));
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      until - std::chrono::steady_clock::now());
  executor->drain(std::max(left, std::chrono::milliseconds(0)));
  quiet.get();
  if (sweeper) sweeper->stop();
  stop_plugin(limit);
  slot.clear();
  slot.wait_retired(static_cast<std::uint32_t>(limit.count()));
  if (control) control->close();
  if (journal) journal->close();
}

// `limit`: for deliveries under way. Waits for the operation that is under way.
void Host::Impl::stop_sources(std::chrono::milliseconds limit) {
  if (outbox) outbox->stop(limit);
  scrubbing.reset();
  ticker.reset();
  if (control) control->close();
  std::unique_ptr<Watcher> watching;
  {
    const std::lock_guard lock(watcher_mutex);
    watching = std::move(watcher);
  }
}

void Host::Impl::stop_plugin(std::chrono::milliseconds limit) {
  if (!slot.acquire()) return;
  Request request;
  request.kind = Request::Kind::kStop;
  request.caller_kind = GW_CALLER_HOST;
  request.client = "host";
  request.timeout = limit;
  const Outcome outcome = executor->run(std::move(request));
  if (outcome.kind == Outcome::Kind::kReply && outcome.status == GW_OK) return;
  log(GW_LOG_WARN, "the plugin's stop failed: " +
                       (outcome.kind == Outcome::Kind::kReply ? outcome.body : outcome.message));
}

}  // namespace gateway
