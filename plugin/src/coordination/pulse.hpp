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
  std::string status;           // "online" | "busy" | "offline", as written
  std::int64_t last_write = 0;  // when the node last wrote anything of its own into the store
};

// Nothing for a node that was revoked.
void write_pulse(Context& context, std::string_view status);

// Notes that this node reached the store; its presence stays as it is.
void note_write(Context& context);

// COO-2: whether a node can be reached, whatever its presence says: this one always, another when it wrote within the
// last 90 seconds and did not say goodbye with its last write.
bool reachable(const Context& context, const Pulse& pulse);

// Sorted by node id; nodes that never pulsed are listed too, with last_seen 0 and status "offline".
std::vector<Pulse> all_pulses(Transaction& txn);

// What the pulse's age makes of the written status: online / busy, "stale" when it is older, else offline.
std::string_view presence(const Pulse& pulse, std::int64_t now_ms,
                          std::int64_t stale_after_seconds);

// CAP-9: `gateway` has been seen within the last 90 seconds and has not said goodbye; this node always is there.
bool gateway_present(Context& context, std::string_view gateway);

// The sweep `pulse`: writes this node's pulse, "busy" while one of its configured agents holds as many tasks as it may.
ToolResult pulse_sweep(Context& context);

}  // namespace ansible
