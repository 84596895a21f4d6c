// The host operations, answered on the Unix socket only.
#pragma once

#include <functional>

#include "daemon/http_message.hpp"
#include "daemon/http_server.hpp"
#include "daemon/runtime.hpp"
#include "daemon/work_thread.hpp"
#include "rollout/rollouts.hpp"

namespace gateway_app {

struct HostRoutes {
  Runtime& runtime;
  WorkThread& control;  // what changes the slot: one at a time
  WorkThread& storage;  // long reads of the store, beside it
  std::function<HttpCounters()> counters;
  std::function<void()>
      stop;  // begins the shutdown; called on the event loop after the answer was handed over
  Rollouts* rollouts = nullptr;  // none: rollout/ answers not_found
};

// The handler of the table in README.md. What `routes` refers to must outlive the handler.
HttpHandler host_routes(HostRoutes routes);

}  // namespace gateway_app
