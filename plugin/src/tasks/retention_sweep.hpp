// Closed tasks leave after a while, and what is only kept to answer repeated requests: the sweep `retention` (reference
// 5.5, T-5).
#pragma once

#include <cstdint>
#include <optional>

#include "tools/tool.hpp"

namespace ansible {

// When due by the policy: removes completed and failed tasks that have not changed for that long, their ledger entries
// once those are 7 days old too, and entries of creating tools whose task is gone. In steps; an interrupted prune begins
// again.
ToolResult retention_sweep(Context& context);

// When the last prune ended (ms).
std::optional<std::int64_t> last_prune(Transaction& txn);

}  // namespace ansible
