// The daemon: puts configuration, store, host library and network together and takes them apart again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/config_file.hpp"
#include "daemon/logging.hpp"

namespace gateway_app {

struct DaemonOptions {
  ConfigRequest request;
  std::optional<std::uint16_t> port;  // --port; 0 lets the system choose
  Environment env;
  std::function<void(const std::string&)> at_rollout_step;  // see Rollouts::Options; usually empty
};

// Runs the gateway until SIGTERM, SIGINT or `gateway stop`. Returns the exit status: 0 after a clean stop, 1 when it
// could not start; the log then says why in its last line.
int run_daemon(const DaemonOptions& options, const Logger& log);

}  // namespace gateway_app
