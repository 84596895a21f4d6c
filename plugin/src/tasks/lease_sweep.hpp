// Claims whose lease ran out go back to pending, and tasks whose rest before a retry is over are delivered again: the
// sweep `leases` (T-9, T-15).
#pragma once

#include "tools/tool.hpp"

namespace ansible {

// Works through the retries that are due and the expired leases, oldest first, in steps.
ToolResult lease_sweep(Context& context);

}  // namespace ansible
