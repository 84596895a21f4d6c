// "This node is alive": the sweep `pulse`.
#pragma once

#include "tools/tool.hpp"

namespace ansible {

// Writes this node's pulse record.
ToolResult pulse_sweep(Context& context);

}  // namespace ansible
