// What people are told about the SLA sweep (SLA-15).
#pragma once

#include "core/context.hpp"

namespace ansible {

// {policy, lastSweep, heldBack, sweeps, reason?, notifications, enableCommand?}: the policy with
// the source of each value, the last automatic sweep (slaSweepLast*) and the last one of any kind,
// the waiting breaches, whether this node sweeps and if not why, and the command that turns
// notifications on when they are off.
json::object sla_status_json(Context& context);

}  // namespace ansible
