// Presence: each node writes a pulse, everybody reads them (COO-2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/tool.hpp"

namespace ansible {

struct Pulse {
  std::string node;
  std::int64_t last_seen = 0;
  std::string status;  // "online" | "busy" | "offline", as written
};

// Nothing for a node that was revoked.
void write_pulse(Context& context, std::string_view status);

// Sorted by node id; nodes that never pulsed are listed too, with last_seen 0 and status "offline".
std::vector<Pulse> all_pulses(Transaction& txn);

// What the pulse's age makes of the written status: online / busy, "stale" when it is older, else offline.
std::string_view presence(const Pulse& pulse, std::int64_t now_ms,
                          std::int64_t stale_after_seconds);

// CAP-9: `gateway` has been seen within the last 90 seconds and has not said goodbye; this node always is there.
bool gateway_present(Context& context, std::string_view gateway);

// The sweep `pulse`: writes this node's pulse.
ToolResult pulse_sweep(Context& context);

}  // namespace ansible
