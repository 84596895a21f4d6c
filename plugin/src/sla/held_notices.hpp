// The part of a sweep that serves the breaches an earlier budget held back (SLA-7, SLA-8).
#pragma once

#include "sla/sweep_run.hpp"

namespace ansible {

// One bounded act of the phases kPlan ... kClean; enters the next phase when this one is done.
void serve_held(Context& context, SweepRun& run);

}  // namespace ansible
