// Bringing a capability's delegation skill to the agents that may delegate to it: one task per target (CAP-14,
// reference 4.7). A publish leaves a request; the sweep `distribution` expands it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/context.hpp"
#include "records/agent.hpp"
#include "records/capability.hpp"

namespace ansible {

// Who may be a target, as of one step.
struct DistributionRules {
  bool strict = false;             // external agents only if they opted in
  std::set<std::string> gateways;  // node ids and their canonical forms
};
DistributionRules distribution_rules(Context& context);

// Why `agent` cannot be a target: "assignee_disabled", "external_not_opted_in", "missing_gateway_binding",
// "legacy_alias_identity", "gateway_not_authorized"; empty: it can.
std::string_view distribution_issue(const DistributionRules& rules, const Agent& agent);

// Everybody who gets a task when `owner`'s capability is published, sorted. Reads all agents.
std::vector<std::string> distribution_targets(Context& context, std::string_view owner);

// Work that is left for the sweep.
struct DistributionRequest {
  std::string capability_id;
  std::string version;
  std::string by;       // creator of the tasks, or who calls them off
  bool cancel = false;  // call off what is open, instead of creating
  std::string after{};  // agents up to this id have been handled
  std::int64_t requested_at = 0;
};
void save_distribution(Transaction& txn, const DistributionRequest& request);
std::optional<DistributionRequest> next_distribution(Transaction& txn);

// Asks for the tasks of this version, in the name of its publisher. Targets that ever got one of this version get no
// second one.
void request_distribution(Context& context, const CatalogRecord& record);

// Calls off every unfinished distribution task of the capability, all versions, and what is still to be created. A few
// hundred at once; the sweep does the rest. Returns how many were called off now.
std::size_t cancel_distribution(Context& context, std::string_view capability, std::string_view by);

}  // namespace ansible
