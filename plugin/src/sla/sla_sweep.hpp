// The automatic SLA sweep: the sweep `sla`.
#pragma once

#include "tools/tool.hpp"

namespace ansible {

// Runs a step of the sweep when the policy says it is due; otherwise reads a constant number of keys and reports why not
// ({"success": true, "skipped": reason}).
ToolResult sla_sweep_tick(Context& context);

}  // namespace ansible
