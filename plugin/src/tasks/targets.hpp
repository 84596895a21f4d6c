// Whom a task is for: from the ids that a delegation names to the agents that are bound (reference
// 2.2, T-10, T-11).
#pragma once

#include <cstddef>
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
// Errors: invalid_targets (unknown or disabled, details.targets names them all); overloaded.
Result<Targets> resolve_targets(Context& context, const std::vector<std::string>& names);

// The first `most` of `agents` whose queues are not full.
// Errors: overloaded (all queues are full).
Result<Targets> admit(Context& context, std::vector<std::string> agents, std::size_t most);

}  // namespace ansible
