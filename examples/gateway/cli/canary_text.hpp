// A canary in words, from CANARY of the host operations.
#pragma once

#include <string>

#include "base/json.hpp"
#include "gateway/canary.hpp"

namespace gateway_app {

// One line: stage, time, samples, share and every rule with its number and threshold.
std::string canary_line(const base::json::object& canary);

// TOOL:POINTER, or TOOL alone for all of it.
gateway::AllowedDifference allowed_difference(const std::string& text);

// How it ended, and why.
std::string canary_ending(const base::json::object& canary);

}  // namespace gateway_app
