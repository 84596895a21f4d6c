// Sending what a sweep has to say.
#pragma once

#include <string>
#include <vector>

#include "records/message.hpp"
#include "sla/sweep_run.hpp"

namespace ansible {

// Sends one message of the run and counts it. `what` names it within the run: with the run it makes
// the id.
void send_notice(Context& context, SweepRun& run, Message message, const std::string& what);

// Sends the notice of one breach to each target. The caller has taken them from the budget.
void notify_targets(Context& context, SweepRun& run, const Breach& breach,
                    const std::vector<std::string>& targets);

}  // namespace ansible
