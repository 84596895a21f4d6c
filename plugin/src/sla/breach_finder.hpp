// The part of a sweep that finds new breaches and acts on them.
#pragma once

#include "sla/sweep_run.hpp"

namespace ansible {

// One act: the most overdue task that the run has not handled yet, with all its breached windows.
// Enters kDone when nothing is due any more, or the limit is reached.
void find_breaches(Context& context, SweepRun& run);

}  // namespace ansible
