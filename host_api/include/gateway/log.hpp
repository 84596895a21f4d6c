// Where the host's log lines go.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "gateway/plugin_abi.h"

namespace gateway {

// Receives one line: `level` is GW_LOG_*, `component` is "host", "store", "plugin", ... Must not block for long.
// Thread rule: called from any thread.
using LogSink =
    std::function<void(std::uint32_t level, std::string_view component, std::string_view text)>;

}  // namespace gateway
