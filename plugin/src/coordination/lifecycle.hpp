// What happens at a gateway's start and stop.
#pragma once

#include "core/context.hpp"

namespace ansible {

// WHO-7: registers the node, and the node id, injectContextAgents and adminAgentId as internal agents where they are
// missing. A restart changes nothing about an agent; owners of active capabilities get their executor skills back. Idempotent. A node that was revoked does nothing here: it comes back
// by joining.
void start_node(Context& context);

// Marks this node offline.
void stop_node(Context& context);

}  // namespace ansible
