// The SLA policy and sweeps, as a rollout uses them.
#pragma once

#include <set>
#include <string>

#include "rollout/ground.hpp"

namespace gateway_app {

// What a sweep answered.
struct SweepReport {
  bool ok = false;
  std::string error;
  std::int64_t scanned = 0;
  std::int64_t breach_count = 0;
  std::int64_t messages = 0;
  std::set<std::string> breaches;  // "<task>/<window>" of those listed
};

SweepReport sweep_report(const ToolReply& reply);

// `limit` 0: none.
SweepReport sweep(Ground& ground, bool dry_run, std::int64_t limit);

// The policy in force: {name: {value, source}}; empty when it cannot be had. And the command that turns notifications
// on, empty where they are.
struct SlaView {
  json::object policy;
  std::string enable_command;
};
SlaView sla_view(Ground& ground);

// The arguments that put the runbook's safety profile in force, given the policy before.
json::object safe_profile(const json::object& policy);

// One gate per value of the policy in force: record only, at most so many messages.
Checks check_calm(const json::object& policy, std::int64_t most_messages);

// How many of `now` are not in `before`.
std::size_t fresh(const std::set<std::string>& before, const std::set<std::string>& now);

}  // namespace gateway_app
