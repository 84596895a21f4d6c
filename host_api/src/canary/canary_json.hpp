// A canary's policy as JSON: what a restarted gateway needs to go on.
#pragma once

#include <string>
#include <string_view>

#include "gateway/canary.hpp"

namespace gateway {

struct CanaryProgress {
  std::string id;
  bool paused = false;
  CanaryPolicy policy;
  Latencies latency_before;  // what its soak is compared with; none before the soak
};

std::string to_json(const CanaryProgress& progress);

// What cannot be understood keeps its default.
CanaryProgress parse_progress(std::string_view json);

}  // namespace gateway
