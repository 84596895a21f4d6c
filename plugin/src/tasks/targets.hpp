// Whom a task is for: from the ids that a delegation names to the agents that are bound (reference
// 2.2, T-10, T-11).
#pragma once

#include <string>
#include <vector>

#include "core/context.hpp"
#include "core/error.hpp"

namespace ansible {

struct Targets {
  std::vector<std::string> agents;      // as named, without duplicates
  std::vector<std::string> overloaded;  // left out: their queues are full
};

// Each name is a registered agent; else a node, meaning its alphabetically first enabled internal
// agent, or the node id itself when it has none; else `admin`, meaning the gateway's effective
// admin (WHO-5). Agents with a full queue are left out.
// Errors: invalid_targets (unknown or disabled, details.targets names them all); overloaded (all
// queues are full).
Result<Targets> resolve_targets(Context& context, const std::vector<std::string>& names);

}  // namespace ansible
