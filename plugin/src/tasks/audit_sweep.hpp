// Old audit records leave the store for the host's archive (T-17): the sweep `audit` and the stream it feeds.
#pragma once

#include <string_view>

#include "dispatch/stream.hpp"
#include "tools/tool.hpp"

namespace ansible {

inline constexpr std::string_view kAuditStream = "audit";

// Deliveries of {records: [{taskId, seq, at, time, kind, ...}]} in the order of time, at most 64 records each. They are
// offered until the host has settled them.
const Stream& audit_stream();

// Moves records that are older than auditRetentionDays, and whose task is not open any more, from the log into the
// stream. In steps.
ToolResult audit_sweep(Context& context);

}  // namespace ansible
