// What a release's manifest says about a call.
#pragma once

#include <cstdint>
#include <string>

#include "execution/limits.hpp"
#include "execution/transition.hpp"
#include "gateway/instance.hpp"

namespace gateway {

struct Routing {
  bool known = false;       // the release has such a tool, sweep or outbox
  std::string metric_name;  // of its histograms
  std::uint32_t flags = 0;  // GW_CALL_READ_ONLY, GW_CALL_DRY_RUN
  std::uint64_t max_reply = limits::kMaxReply;
  bool coordinator_only = false;  // a sweep that only the lease holder may run
};

Routing routing_of(const Instance& instance, Hook hook, const std::string& name,
                   const std::string& args_json);

}  // namespace gateway
