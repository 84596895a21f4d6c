// Taking a node's admission back.
#pragma once

#include "actors/actor.hpp"
#include "core/context.hpp"
#include "core/error.hpp"

namespace ansible {

// Removes the node, its presence, pinned key, context, skills, preference, gateway admin and nomination as coordinator;
// disables the internal agents that live there (the caller gives back their claims); and leaves a revocation, so that the node does not come back with its next start or pulse.
// All of that at once, so that a call that is cut off has taken the admission back: repeated, it names the agents that
// still hold tasks. Returns {success, nodeId, disabledAgents[], coordinatorCleared, message}.
// Errors: not_authorized (this node is no backbone), conflict (this node itself), not_found.
Result<json::object> revoke_node(Context& context, const std::string& node,
                                 const std::optional<std::string>& reason, const Actor& by);

}  // namespace ansible
