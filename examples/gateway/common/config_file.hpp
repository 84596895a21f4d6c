// Finding, reading and first writing of the configuration file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/config.hpp"
#include "common/paths.hpp"

namespace gateway_app {

// What the command line asked for.
struct ConfigRequest {
  std::optional<std::string> config;     // --config
  std::optional<std::string> state_dir;  // --state-dir
};

struct LoadedConfig {
  Config config;
  std::string file;       // absolute; empty: none exists and `config` holds the defaults
  std::string state_dir;  // absolute; need not exist
  std::vector<std::string> warnings;
};

// The order of the search, first hit wins:
//   file:             --config, $OPENCLAW_CONFIG, ~/.openclaw/openclaw.json, <state directory>/openclaw.json
//   state directory:  --state-dir, $OPENCLAW_STATE_DIR, gateway.stateDir of the file, ~/.openclaw/state
// Errors: config_missing (--config names no file), config_unreadable, and those of parse_config, each with the file.
// Thread rule: any.
Result<LoadedConfig> load_config(const ConfigRequest& request, const Environment& env);

// The file that a first start makes when load_config() found none: <state directory>/openclaw.json, mode 0600, with a
// random token, tier backbone, and the plugin that lies beside the executable. Never touches a file that exists.
// Returns its path. Errors: config_unwritable.
Result<std::string> create_default_config(const std::string& state_dir, const Environment& env);

}  // namespace gateway_app
