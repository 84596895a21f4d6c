#include <algorithm>
#include <vector>

#include "admission/prune_sweep.hpp"
#include "capabilities/canary_sweep.hpp"
#include "capabilities/distribution_sweep.hpp"
#include "coordination/pulse.hpp"
#include "messages/retention.hpp"
#include "sla/sla_sweep.hpp"
#include "tasks/audit_sweep.hpp"
#include "tasks/lease_sweep.hpp"
#include "tasks/retention_sweep.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

std::vector<Tool> joined() {
  std::vector<Tool> tools;
  for (const std::span<const Tool> subject : {
           task_tools(),          sla_tools(),          agent_tools(),
           agent_invite_tools(),  agent_home_tools(),   purge_tools(),
           gateway_admin_tools(), admission_tools(),    message_tools(),
           message_admin_tools(), sink_tools(),         fetch_tools(),
           dead_letter_tools(),   coordination_tools(), distribution_tools(),
           health_tools(),        capability_tools(),   delegation_policy_tools(),
           context_tools(),       lock_sweep_tools(),   import_tools(),
           audit_tools(),
       }) {
    tools.insert(tools.end(), subject.begin(), subject.end());
  }
  std::sort(tools.begin(), tools.end(),
            [](const Tool& a, const Tool& b) { return a.name < b.name; });
  return tools;
}

constexpr Sweep kSweeps[] = {
    {"sla", 30, true, sla_sweep_tick},
    {"pulse", 30, false, pulse_sweep},
    {"leases", 30, true, lease_sweep},
    {"retention", 300, true, retention_sweep},
    {"audit", 3600, true, audit_sweep},
    {"messages", 60, true, message_sweep},
    {"distribution", 10, true, distribution_sweep},
    {"capability_canary", 30, true, canary_sweep},
    {"invites", 300, true, prune_invites},
};

}  // namespace

std::span<const Tool> all_tools() {
  static const std::vector<Tool> tools = joined();
  return tools;
}

const Tool* find_tool(std::string_view name) {
  const auto tools = all_tools();
  const auto at = std::lower_bound(
      tools.begin(), tools.end(), name,
      [](const Tool& tool, std::string_view wanted) { return tool.name < wanted; });
  return at != tools.end() && at->name == name ? &*at : nullptr;
}

std::span<const Sweep> all_sweeps() { return kSweeps; }

const Sweep* find_sweep(std::string_view name) {
  const auto* at = std::find_if(std::begin(kSweeps), std::end(kSweeps),
                                [&](const Sweep& sweep) { return sweep.name == name; });
  return at == std::end(kSweeps) ? nullptr : at;
}

}  // namespace ansible
