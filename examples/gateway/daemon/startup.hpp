// From the command line to a configuration, a locked state directory and an open store.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/daemon.hpp"
#include "daemon/runtime.hpp"

namespace gateway_app {

struct Prepared {
  LoadedConfig loaded;
  Facts facts;
  gateway::StateDir state_dir;
  std::unique_ptr<gateway::Engine> engine;
};

// Reads the configuration, locks the state directory, writes the first configuration if there is none, and opens the
// store. Warnings go to `log`.
// Errors: those of load_config, create_default_config and StateDir::acquire; token_missing (an address that others reach,
// and no token); store (the engine's message).
Result<Prepared> prepare(const DaemonOptions& options, const Logger& log);

// The node as configured; a gateway that names none is called like its host.
NodeFacts node_facts(const Config& config);

// What the host library is told.
gateway::HostOptions host_options(const Config& config, const NodeFacts& node,
                                  const Environment& env, const Logger& log);

// The keys that differ and cannot change while the gateway runs.
std::vector<std::string> restart_keys(const Config& before, const Config& after);

}  // namespace gateway_app
