// The options of the hosts that tests and their child processes open.
#pragma once

#include <chrono>
#include <string>

#include "gateway/host.hpp"

namespace test {

// For a gateway in `directory`: its state in "state", its library at "lib/plugin.so".
inline gateway::HostOptions host_options(const std::string& directory, const std::string& plugin) {
  gateway::HostOptions options;
  options.node.node_id = "test-node";
  options.plugin = plugin;
  options.library = directory + "/lib/plugin.so";
  options.prover = PROVER;
  // Bounds only failing tests: under a sanitizer on a busy machine a child takes its time.
  options.prove_timeout = std::chrono::seconds(60);
  options.watch_every = std::chrono::milliseconds(20);
  options.watch_quiet = std::chrono::milliseconds(40);
  options.sweep = false;
  return options;
}

}  // namespace test
