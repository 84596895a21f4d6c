// The keys of the store that are the host's own: their first byte is 0x00, so no plugin can reach
// them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/engine.hpp"

namespace gateway::host_keys {

// "<prefix><id>": the batch with that id was committed. Tells a lost commit from a done one.
inline constexpr std::string_view kBatchPrefix("\0host/batch/", 12);

// The highest now_ms that a committed step was given, as decimal text.
inline constexpr std::string_view kClock("\0host/clock", 11);

// The value of kClock, 0 in a new store: the floor of system_clock().
StoreResult<std::int64_t> committed_clock(Snapshot& snapshot);

}  // namespace gateway::host_keys
