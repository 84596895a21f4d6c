// The sweep `capability_canary`: judges a canary when its soak is over (CAP-12).
#pragma once

#include "tools/tool.hpp"

namespace ansible {

// Promotes a canary when at least 95 % of its finished tasks succeeded, or as large a share as the active version's in
// the last 24 hours; else rolls it back. With no finished task it stays, with the verdict "inconclusive", and is judged
// as soon as there is one.
// Result: {success, promoted, rolledBack, inconclusive}, or {success, skipped} on a node that does not sweep.
ToolResult canary_sweep(Context& context);

}  // namespace ansible
