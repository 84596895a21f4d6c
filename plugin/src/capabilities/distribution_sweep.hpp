// The sweep `distribution`: makes, and calls off, what publishes and withdrawals have asked for (CAP-14).
#pragma once

#include "tools/tool.hpp"

namespace ansible {

// Result: {success, created, cancelled}, or {success, skipped} on a node that does not sweep.
ToolResult distribution_sweep(Context& context);

}  // namespace ansible
