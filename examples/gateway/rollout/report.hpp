// What a rollout did, for people.
#pragma once

#include <string>

#include "rollout/record.hpp"

namespace gateway_app {

// Phases, gates with numbers and thresholds, nodes and events as Markdown. Pure.
std::string rollout_markdown(const RolloutRecord& record);

}  // namespace gateway_app
