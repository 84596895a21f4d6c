// The host operations of a rollout: POST /host/rollout/start|status|report|pause|resume|promote|abort|rollback.
#pragma once

#include <string_view>

#include "daemon/host_routes.hpp"

namespace gateway_app {

bool is_rollout_path(std::string_view path);

// Answers one of them (see README.md). `routes` has rollouts.
void answer_rollout(const HostRoutes& routes, const HttpRequest& request, const HttpReply& reply);

}  // namespace gateway_app
