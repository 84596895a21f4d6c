// A replay's report, for people and for scripts.
#pragma once

#include "cli/printer.hpp"
#include "gateway/replay.hpp"

namespace gateway_app {

json::object replay_json(const gateway::ReplayReport& report);
void show_replay(Printer& print, const gateway::ReplayReport& report);

}  // namespace gateway_app
