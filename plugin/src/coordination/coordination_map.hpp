// What a mesh has agreed on, as one map of keys and values: the form of the reference's `coordination` map (1.9), in which
// state dumps show it and imports read it.
#pragma once

#include "core/context.hpp"
#include "core/error.hpp"

namespace ansible {

// {coordinator?, retentionClosedTaskSeconds?, "gatewayAdmin:<gateway>", "pref:<node>", "delegationAck:<agent>:version",
// ...}; at most 1,000 acknowledgements, and the delegation policy without its text.
json::object coordination_map(Context& context);

}  // namespace ansible
