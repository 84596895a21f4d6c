// What one step may read and write; told to plugins through gw_host.
#pragma once

#include <cstdint>

namespace gateway::limits {

inline constexpr std::uint64_t kMaxKey = 512;           // bytes
inline constexpr std::uint64_t kMaxValue = 1u << 20;    // bytes
inline constexpr std::uint64_t kMaxWrites = 4u << 20;   // bytes of keys and values per step
inline constexpr std::uint64_t kMaxReply = 4u << 20;    // bytes
inline constexpr std::uint64_t kMaxRandom = 65'536;     // bytes per draw
inline constexpr std::uint64_t kMaxLogText = 8u << 10;  // bytes per line, cut beyond
inline constexpr std::uint64_t kMaxLogLines = 256;      // per step, dropped beyond
inline constexpr std::uint64_t kMaxMetrics = 256;       // names per step, dropped beyond

}  // namespace gateway::limits
