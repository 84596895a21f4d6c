// A rollout in words, from ROLLOUT of the host operations.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"

namespace gateway_app {

// "1.0.0 -> 1.1.0 (running), rollout <id>"
std::string rollout_title(const base::json::object& rollout);

// One line per phase: its state, time, and every gate with its number and threshold; of a running trial its own line.
std::vector<std::string> rollout_lines(const base::json::object& rollout);

// The line of the phase that goes on, for progress.
std::string rollout_progress(const base::json::object& rollout);

// How it ended, why, and what is to be done next; several lines.
std::string rollout_ending(const base::json::object& rollout);

}  // namespace gateway_app
