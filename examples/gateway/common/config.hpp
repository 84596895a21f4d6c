// The gateway's configuration: what it says, and what may be wrong with it.
//
// Our sections live in the same file as those of an OpenClaw gateway: `gateway`, `storage`, `plugins.root`,
// `plugins.prover` and `plugins.entries.ansible`. Everything else in the file is somebody else's and not looked at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/error.hpp"
#include "gateway/signature.hpp"

namespace gateway_app {

using gateway::Error;
using gateway::Result;

constexpr std::uint16_t kDefaultPort = 18789;

struct GatewayConfig {
  std::uint16_t port = kDefaultPort;
  std::string bind = "127.0.0.1";  // an IP address; the file may also say "loopback"
  std::string token;               // auth.token; empty: no operator over HTTP
  std::string host_token;          // auth.hostToken; empty: no host operations from the dashboard
  std::string state_dir;           // stateDir, as written; empty: not given
  std::string url;                 // where clients reach the gateway; empty: http://<bind>:<port>
  bool journal = false;            // another place for plugins.entries.ansible.journal
};

enum class StorageEngine : std::uint8_t { kSqlite, kMemory };

struct StorageConfig {
  StorageEngine engine = StorageEngine::kSqlite;
  std::string path = "ansible.db";  // relative to the state directory
};

enum class FileChange : std::uint8_t { kDirect, kCanary, kIgnore };

// What the gateway itself needs of the plugin's `authGate`: where nodes exchange invites for tickets, and how often.
struct AuthGateConfig {
  bool enabled = false;
  std::uint16_t port = 0;  // authPort; 0: the gateway's own
  std::string host;        // listenHost, for a port of its own; empty: gateway.bind
  std::string exchange_path = "/ansible/auth/exchange";
  std::uint32_t rate_limit_max = 30;
  std::uint32_t rate_limit_window = 60;  // seconds
};

// Stale session locks; from the plugin's configuration, carried out by the gateway.
struct LockSweepConfig {
  bool enabled = true;
  std::int64_t every_seconds = 60;
  std::int64_t stale_seconds = 300;
  bool operator==(const LockSweepConfig&) const = default;
};

struct PluginConfig {
  bool enabled = true;
  std::string library;  // absolute; empty: not given
  FileChange on_file_change = FileChange::kDirect;
  std::string canary_json = "{}";     // canary: a policy as gateway::read_policy() takes it
  std::uint32_t watch_seconds = 300;  // after a direct swap; 0: not at all
  bool journal = false;               // calls are recorded, to be replayed
  std::uint32_t journal_megabytes = 64;
  gateway::SignaturePolicy signatures;  // requireSignature, trustedKeys
  std::string config_json = "{}";       // passed to the plugin's create, which validates it
  std::string tier;                     // config.tier; empty: not given
  std::string node_id;                  // config.nodeIdOverride; empty: not given
  AuthGateConfig auth_gate;             // config.authGate
  LockSweepConfig lock_sweep;           // config.lockSweep
};

// How the configured library file is watched.
struct WatchConfig {
  std::uint32_t every_ms = 2'000;  // between two looks; a change usually wakes the watcher earlier
  std::uint32_t quiet_ms = 1'000;  // without a further change before the file is taken
};

struct Config {
  GatewayConfig gateway;
  StorageConfig storage;
  PluginConfig plugin;       // plugins.entries.ansible
  WatchConfig watch;         // plugins.watch
  std::string plugins_root;  // plugins.root, absolute; empty: <state directory>/plugins/<plugin>
  std::uint32_t hook_limit_ms = 30'000;  // plugins.hookLimitMs
  std::string prover;                    // plugins.prover, absolute; empty: beside the executable
};

// Where relative paths and "~" of a file begin.
struct PathBase {
  std::string directory;  // of the configuration file
  std::string home;
};

// Reads the text of a configuration file (JSON; comments and trailing commas are fine). Unknown keys inside our
// sections go to `warnings`, one line each, naming the nearest known key.
// Errors: config_syntax (line and column), config_invalid (JSON path, expected, got).
// Thread rule: any.
Result<Config> parse_config(std::string_view text, const PathBase& base,
                            std::vector<std::string>* warnings = nullptr);

// Why the gateway would not start with this configuration, naming the key; empty when it would.
std::string why_not_startable(const Config& config);

// Why the plugin cannot be loaded with this configuration, naming the key; empty when it can.
std::string why_not_loadable(const Config& config);

// "http://<bind>:<port>" (or gateway.url): where a client on this machine reaches the gateway.
std::string gateway_url(const GatewayConfig& gateway);

// True if `address` (an IP address) is reachable from this machine only.
bool is_loopback(const std::string& address);

}  // namespace gateway_app
