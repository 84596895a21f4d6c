#include "daemon/startup.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include "base/json.hpp"
#include "gateway/memory_engine.hpp"

namespace gateway_app {
namespace {

// The node id of a gateway that names none.
std::string host_name() {
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
  return name;
}

std::string database_path(const Config& config, const std::string& state_dir,
                          const std::string& home) {
  return absolute_path(config.storage.path, state_dir, home);
}

Facts facts_of(const LoadedConfig& loaded, const DaemonOptions& options) {
  const Config& config = loaded.config;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  Facts facts;
  facts.version = OPENCLAW_VERSION;
  facts.config_file = loaded.file;
  facts.state_dir = loaded.state_dir;
  facts.bind = config.gateway.bind;
  facts.port = config.gateway.port;
  facts.started_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const bool memory = config.storage.engine == StorageEngine::kMemory;
  facts.engine_name = memory ? "memory" : "sqlite";
  if (!memory) facts.database = database_path(config, loaded.state_dir, options.env.home);
  return facts;
}

Result<std::unique_ptr<gateway::Engine>> open_engine(const Facts& facts) {
  if (facts.database.empty()) {
    return std::unique_ptr<gateway::Engine>(std::make_unique<gateway::MemoryEngine>());
  }
  gateway::SqliteOptions options;
  options.path = facts.database;
  auto engine = gateway::SqliteEngine::open(options);
  if (!engine) {
    return Error{"store", fmt::format("cannot open the store {}: {}", facts.database,
                                      engine.error().message)};
  }
  return std::unique_ptr<gateway::Engine>(*std::move(engine));
}

// The plugin's own key, and the plugin checks it; what is wrong there is refused there.
std::chrono::milliseconds dispatch_heartbeat(const std::string& plugin_config) {
  constexpr std::int64_t kDefaultSeconds = 20;
  const auto config = base::json::parse(plugin_config);
  const auto* seconds = config ? base::json::find(*config, "dispatchHeartbeatSeconds") : nullptr;
  const bool given = seconds != nullptr && seconds->is_int64() && seconds->get_int64() >= 5;
  return std::chrono::seconds(given ? std::min<std::int64_t>(seconds->get_int64(), 86'400)
                                    : kDefaultSeconds);
}

Result<LoadedConfig> read_configuration(const DaemonOptions& options, const Logger& log) {
  auto loaded = load_config(options.request, options.env);
  if (!loaded || !loaded->file.empty()) return loaded;
  auto created = create_default_config(loaded->state_dir, options.env);
  if (!created) return created.error();
  log.info("wrote a first configuration", {{"config", *created}});
  return load_config(options.request, options.env);
}

gateway::OnFileChange on_file_change(FileChange change) {
  switch (change) {
    case FileChange::kCanary:
      return gateway::OnFileChange::kCanary;
    case FileChange::kIgnore:
      return gateway::OnFileChange::kIgnore;
    case FileChange::kDirect:
      break;
  }
  return gateway::OnFileChange::kDirect;
}

}  // namespace

NodeFacts node_facts(const Config& config) {
  return {config.plugin.node_id.empty() ? host_name() : config.plugin.node_id, config.plugin.tier,
          config.plugin.library};
}

Result<Prepared> prepare(const DaemonOptions& options, const Logger& log) {
  auto found = load_config(options.request, options.env);
  if (!found) return found.error();
  claim_state_dir(found->state_dir);
  auto state_dir = gateway::StateDir::acquire(found->state_dir);
  if (!state_dir) return state_dir.error();
  // Read again under the lock: the first configuration is written by whoever holds it.
  auto loaded = read_configuration(options, log);
  if (!loaded) return loaded.error();
  for (const std::string& warning : loaded->warnings) log.warn(warning);
  if (options.port) loaded->config.gateway.port = *options.port;
  if (const std::string why = why_not_startable(loaded->config); !why.empty()) {
    return Error{"token_missing", why};
  }
  Facts facts = facts_of(*loaded, options);
  auto engine = open_engine(facts);
  if (!engine) return engine.error();
  return Prepared{*std::move(loaded), std::move(facts), *std::move(state_dir), *std::move(engine)};
}

gateway::HostOptions host_options(const Config& config, const NodeFacts& node,
                                  const Environment& env, const Logger& log) {
  gateway::HostOptions options;
  options.node = {node.id, node.tier == "backbone"};
  options.plugin = kPluginId;
  options.library = config.plugin.library;
  options.config_json = config.plugin.config_json;
  options.on_file_change = on_file_change(config.plugin.on_file_change);
  gateway::CanaryPolicy canary;
  if (config.plugin.watch_seconds > 0) canary.soak_ms = config.plugin.watch_seconds * 1'000ll;
  if (auto policy = gateway::read_policy(config.plugin.canary_json, canary)) {
    options.canary = std::move(*policy);  // it was read before, with the configuration
  }
  options.journal.enabled = config.plugin.journal;
  options.journal.max_bytes = std::uint64_t{config.plugin.journal_megabytes} << 20;
  options.crash_report = true;
  options.executor.hook_limit = std::chrono::milliseconds(config.hook_limit_ms);
  options.signatures = config.plugin.signatures;
  options.watch_window = std::chrono::seconds(config.plugin.watch_seconds);
  options.plugins_root = config.plugins_root;
  options.watch_every = std::chrono::milliseconds(config.watch.every_ms);
  options.watch_quiet = std::chrono::milliseconds(config.watch.quiet_ms);
  options.prover = config.prover.empty() ? shipped_prover(env.executable) : config.prover;
  if (options.prover.empty()) {
    // Named in the refusal of every library, so that its remedy is clear.
    const std::filesystem::path program(env.executable);
    options.prover = (program.parent_path() / "gateway-prover").string();
  }
  options.outbox.heartbeat = dispatch_heartbeat(config.plugin.config_json);
  options.log = log.sink();
  return options;
}

std::vector<std::string> restart_keys(const Config& before, const Config& after) {
  std::vector<std::string> keys;
  const auto note = [&](bool changed, const char* key) {
    if (changed) keys.emplace_back(key);
  };
  note(before.gateway.port != after.gateway.port, "gateway.port");
  note(before.gateway.bind != after.gateway.bind, "gateway.bind");
  note(before.gateway.state_dir != after.gateway.state_dir, "gateway.stateDir");
  note(before.storage.engine != after.storage.engine, "storage.engine");
  note(before.storage.path != after.storage.path, "storage.path");
  note(before.plugins_root != after.plugins_root, "plugins.root");
  note(before.prover != after.prover, "plugins.prover");
  note(before.hook_limit_ms != after.hook_limit_ms, "plugins.hookLimitMs");
  note(before.watch.every_ms != after.watch.every_ms, "plugins.watch.everyMs");
  note(before.watch.quiet_ms != after.watch.quiet_ms, "plugins.watch.quietMs");
  note(before.plugin.enabled != after.plugin.enabled, "plugins.entries.ansible.enabled");
  note(before.plugin.library != after.plugin.library, "plugins.entries.ansible.library");
  note(before.plugin.on_file_change != after.plugin.on_file_change,
       "plugins.entries.ansible.onFileChange");
  note(before.plugin.journal != after.plugin.journal ||
           before.plugin.journal_megabytes != after.plugin.journal_megabytes,
       "plugins.entries.ansible.journal or journalMegabytes");
  note(before.plugin.signatures != after.plugin.signatures,
       "plugins.entries.ansible.requireSignature or trustedKeys");
  note(before.plugin.watch_seconds != after.plugin.watch_seconds,
       "plugins.entries.ansible.watchSeconds");
  note(before.plugin.tier != after.plugin.tier, "plugins.entries.ansible.config.tier");
  note(before.plugin.auth_gate.port != after.plugin.auth_gate.port,
       "plugins.entries.ansible.config.authGate.authPort");
  note(before.plugin.node_id != after.plugin.node_id,
       "plugins.entries.ansible.config.nodeIdOverride");
  return keys;
}

}  // namespace gateway_app
