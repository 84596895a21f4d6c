#include "daemon/daemon.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <utility>

#include "daemon/audit_archive.hpp"
#include "daemon/event_loop.hpp"
#include "daemon/exchange_route.hpp"
#include "daemon/host_routes.hpp"
#include "daemon/http_routes.hpp"
#include "daemon/http_server.hpp"
#include "daemon/inbox_feed.hpp"
#include "daemon/lock_sweeper.hpp"
#include "daemon/runtime.hpp"
#include "daemon/startup.hpp"
#include "daemon/webhook.hpp"
#include "daemon/work_thread.hpp"
#include "rollout/rollouts.hpp"

namespace gateway_app {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kDrainLimit{10'000};   // for calls under way when the gateway stops
constexpr milliseconds kGoodbyeLimit{2'000};  // for their answers to reach the clients

// Three threads: run() serves the network; `control_` opens, changes and closes the host; `storage_` reads the whole
// store when asked to. (The lock sweeper and the audit archive have one each for their files.) Configuration and host
// options belong to the control thread once run() was called.
class Daemon {
 public:
  Daemon(DaemonOptions options, Prepared prepared, const Logger& log)
      : options_(std::move(options)),
        log_(log),
        loaded_(std::move(prepared.loaded)),
        runtime_(std::move(prepared.facts), node_facts(loaded_.config)),
        exchange_(loaded_.config.plugin.auth_gate),
        state_dir_(std::move(prepared.state_dir)),
        engine_(std::move(prepared.engine)),
        webhooks_(loop_, WebhookOptions{}, log.sink()),
        archive_(runtime_.facts.state_dir + "/audit"),
        feed_(loop_, runtime_),
        rollouts_({runtime_.facts.state_dir + "/rollouts", log.sink(), options_.at_rollout_step}),
        server_(loop_, HttpLimits{}, log.sink()) {
    runtime_.set_store(engine_.get());
    runtime_.set_token(loaded_.config.gateway.token);
  }

  Result<void> listen();
  int run();

 private:
  Result<void> listen_exchange();
  void settle_exchange(AuthGateConfig& gate) const;
  void open_host();
  void report_slot(const gateway::Host& host) const;
  void reload();
  void apply(LoadedConfig next);
  void begin_stop(std::string_view why);
  void fail(const Error& error);

  DaemonOptions options_;
  const Logger& log_;
  EventLoop loop_;  // outlives everything that posts to it
  LoadedConfig loaded_;
  Runtime runtime_;
  ExchangeRoute exchange_;
  std::optional<gateway::StateDir> state_dir_;  // until the host is open, which then holds both
  std::unique_ptr<gateway::Engine> engine_;
  Webhooks webhooks_;
  AuditArchive archive_;
  InboxFeed feed_;
  Rollouts rollouts_;
  HttpServer server_;
  std::unique_ptr<LockSweeper> lock_sweeper_;  // the control thread's; while the host is open
  int exit_status_ = 0;
  WorkThread control_;
  WorkThread storage_;
};

Result<void> Daemon::listen() {
  const auto counters = [this] { return server_.counters(); };
  const auto stop = [this] { loop_.post([this] { begin_stop("asked over the host socket"); }); };
  Facts& facts = runtime_.facts;
  auto port =
      server_.listen_tcp(facts.bind, facts.port, http_routes(runtime_, exchange_, feed_, counters));
  if (!port) return port.error();
  facts.port = *port;
  loaded_.config.gateway.port = *port;
  facts.url = gateway_url(loaded_.config.gateway);
  if (auto exchange = listen_exchange(); !exchange) return exchange.error();
  return server_.listen_unix(
      facts.state_dir + "/host.sock",
      host_routes({runtime_, control_, storage_, counters, stop, &rollouts_}));
}

// The gateway's own port, named once more, is not a port of its own.
void Daemon::settle_exchange(AuthGateConfig& gate) const {
  if (gate.port == runtime_.facts.port) gate.port = 0;
}

// Where the exchange has a port of its own.
Result<void> Daemon::listen_exchange() {
  AuthGateConfig& gate = loaded_.config.plugin.auth_gate;
  settle_exchange(gate);
  exchange_.configure(gate);
  if (!gate.enabled || gate.port == 0) return {};
  const std::string& address = gate.host.empty() ? runtime_.facts.bind : gate.host;
  auto port = server_.listen_tcp(address, gate.port, exchange_.handler(runtime_));
  if (port) return {};
  return Error{port.error().code,
               "plugins.entries.ansible.config.authGate.authPort: " + port.error().message};
}

int Daemon::run() {
  loop_.on_signals({SIGTERM, SIGINT},
                   [this](int number) { begin_stop(number == SIGTERM ? "SIGTERM" : "SIGINT"); });
  loop_.on_signals({SIGHUP}, [this](int) { control_.post([this] { reload(); }); });
  log_.info("listening", {{"url", runtime_.facts.url},
                          {"node", runtime_.node().id},
                          {"state", runtime_.facts.state_dir},
                          {"config", runtime_.facts.config_file},
                          {"pid", std::to_string(getpid())}});
  control_.post([this] { open_host(); });
  loop_.run([this](const char* bug) { log_.error(std::string("internal error: ") + bug); });
  control_.join();
  storage_.join();
  runtime_.set_store(nullptr);
  runtime_.set_host(nullptr);
  if (exit_status_ == 0) log_.info("stopped");
  return exit_status_;
}

void Daemon::open_host() {
  if (!state_dir_) return;  // it was tried and failed: the gateway is about to stop
  if (const std::string why = why_not_loadable(loaded_.config); !why.empty()) {
    runtime_.set_why_no_host(why);
    log_.warn("no plugin is loaded: " + why);
    return;
  }
  gateway::HostOptions options = host_options(loaded_.config, runtime_.node(), options_.env, log_);
  options.deliver["inbox"] = [this](const gateway::Delivery& delivery, gateway::DeliveryDone done) {
    webhooks_.deliver(delivery, std::move(done));
  };
  options.deliver["audit"] = [this](const gateway::Delivery& delivery, gateway::DeliveryDone done) {
    archive_.deliver(delivery, std::move(done));
  };
  options.on_commit = [this] { feed_.wake(); };
  gateway::Engine* const engine = engine_.get();
  if (auto* const sqlite = dynamic_cast<gateway::SqliteEngine*>(engine)) {
    options.backup = [this, sqlite](const std::string& file) -> Result<void> {
      if (auto done = sqlite->backup(file, &runtime_.stopping); !done)
        return Error{"backup_failed", done.error().message};
      return {};
    };
  }
  runtime_.set_store(nullptr);  // an open that fails takes the engine with it
  auto host = gateway::Host::open(std::move(options), *std::move(state_dir_), std::move(engine_));
  state_dir_.reset();
  if (!host) return fail(host.error());
  runtime_.set_store(engine);
  std::shared_ptr<gateway::Host> shared = *std::move(host);
  report_slot(*shared);
  const NodeFacts node = runtime_.node();
  RolloutNode here;
  here.id = node.id;
  here.tier = node.tier == "backbone" ? "backbone" : "edge";
  here.coordinator = true;  // one gateway: it sweeps
  // Who finds the gateway ready finds its rollout, too.
  rollouts_.attach(shared, std::move(here), loaded_.config.plugin.config_json);
  runtime_.set_host(std::move(shared));
  lock_sweeper_ = std::make_unique<LockSweeper>(runtime_, options_.env.home + "/.openclaw/agents",
                                                loaded_.config.plugin.lock_sweep, log_);
}

void Daemon::report_slot(const gateway::Host& host) const {
  const gateway::SlotStatus slot = host.status();
  if (!slot.active) {
    log_.error("no plugin is active: " + slot.reason, {{"library", slot.path}});
    return;
  }
  const LogFields fields = {{"version", slot.active->release.version},
                            {"build", slot.active->release.build_id},
                            {"sha256", slot.active->release.sha256.substr(0, 12)}};
  if (slot.state == "degraded") {
    log_.warn("plugin active, but degraded: " + slot.reason, fields);
  } else {
    log_.info("plugin active", fields);
  }
}

void Daemon::reload() {
  if (runtime_.stopping) return;
  ConfigRequest request = options_.request;
  // The same file as before, also when it was found by the search.
  if (!loaded_.file.empty()) request.config = loaded_.file;
  auto next = load_config(request, options_.env);
  if (!next) {
    log_.error("configuration not reloaded, the old one stays: " + next.error().message);
  } else {
    for (const std::string& warning : next->warnings) log_.warn(warning);
    apply(*std::move(next));
  }
  if (const auto host = runtime_.host()) host->recheck_file();
}

// What can change while running changes; the rest is named, so that nobody believes it did.
void Daemon::apply(LoadedConfig next) {
  next.config.gateway.port =
      loaded_.config.gateway.port == next.config.gateway.port || options_.port
          ? loaded_.config.gateway.port
          : next.config.gateway.port;
  const auto host = runtime_.host();
  settle_exchange(next.config.plugin.auth_gate);
  for (const std::string& key : restart_keys(loaded_.config, next.config)) {
    if (!host && key.starts_with("plugins.")) continue;  // nothing is loaded yet
    log_.warn(key + " changed: takes effect at the next start");
  }
  runtime_.set_token(next.config.gateway.token);
  AuthGateConfig gate = next.config.plugin.auth_gate;
  gate.port = loaded_.config.plugin.auth_gate.port;
  exchange_.configure(std::move(gate));
  const bool plugin_changed = next.config.plugin.config_json != loaded_.config.plugin.config_json;
  if (!host) {
    loaded_.config = std::move(next.config);
    runtime_.set_node(node_facts(loaded_.config));
    return open_host();
  }
  if (plugin_changed) {
    if (auto done = host->reconfigure(next.config.plugin.config_json); !done) {
      log_.error("plugin configuration refused, the old one stays: " + done.error().message);
      next.config.plugin.config_json = loaded_.config.plugin.config_json;
      next.config.plugin.lock_sweep = loaded_.config.plugin.lock_sweep;
    } else {
      rollouts_.configure(next.config.plugin.config_json);
      log_.info("plugin reconfigured");
    }
  }
  if (lock_sweeper_) lock_sweeper_->configure(next.config.plugin.lock_sweep);
  loaded_.config = std::move(next.config);
  log_.info("configuration reloaded", {{"config", loaded_.file}});
}

void Daemon::begin_stop(std::string_view why) {
  if (runtime_.stopping.exchange(true)) return;
  log_.info("stopping", {{"why", std::string(why)}});
  server_.stop_accepting();
  feed_.stop();
  control_.post([this] {
    lock_sweeper_.reset();
    rollouts_.stop();
    if (const auto host = runtime_.host()) host->shutdown(kDrainLimit);
    loop_.post([this] { server_.close(kGoodbyeLimit, [this] { loop_.stop(); }); });
  });
}

void Daemon::fail(const Error& error) {
  log_.error("cannot start: " + error.message, {{"code", error.code}});
  loop_.post([this] {
    exit_status_ = 1;
    begin_stop("it could not start");
  });
}

}  // namespace

int run_daemon(const DaemonOptions& options, const Logger& log) {
  auto prepared = prepare(options, log);
  if (!prepared) {
    log.error("cannot start: " + prepared.error().message, {{"code", prepared.error().code}});
    return 1;
  }
  Daemon daemon(options, *std::move(prepared), log);
  if (auto listening = daemon.listen(); !listening) {
    log.error("cannot start: " + listening.error().message, {{"code", listening.error().code}});
    return 1;
  }
  return daemon.run();
}

}  // namespace gateway_app
