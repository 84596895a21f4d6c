// The SLA sweep: by hand (ansible_sla_sweep) and by itself (the sweep `sla`).
#pragma once

#include "sla/sweep_run.hpp"
#include "tools/tool.hpp"

namespace ansible {

struct SweepRequest {
  std::string_view kind;   // manual | automatic
  json::object arguments;  // what makes two requests the same run
  SweepOptions options;
  std::string_view reason;
};

// Runs a step of the sweep: goes on with the run of this request when one is unfinished, else
// begins one. Result fields: SLA-11. Errors: conflict (the run was finished by somebody else, and
// its result is gone).
ToolResult run_sla_sweep(Context& context, const SweepRequest& request);

// Runs a step of the automatic sweep when the policy says it is due; otherwise reads a constant
// number of keys and reports why not ({"success": true, "skipped": reason}).
ToolResult sla_sweep_tick(Context& context);

}  // namespace ansible
