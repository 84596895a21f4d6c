// Claims whose lease ran out go back to pending: the sweep `leases` (T-9).
#pragma once

#include "tools/tool.hpp"

namespace ansible {

// Works through the expired leases, oldest first, in steps.
ToolResult lease_sweep(Context& context);

}  // namespace ansible
