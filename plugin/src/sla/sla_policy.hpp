// How the SLA sweep is to behave, and who says so (SLA-13).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "config/config.hpp"
#include "records/coordination.hpp"

namespace ansible {

// A value and where it comes from: "coordination", "config" or "default".
template <class T>
struct Sourced {
  T value;
  std::string_view source;
};

// The coordination value (also `false`), else the configuration's, else the safe profile: record
// only, three messages.
struct SlaPolicy {
  Sourced<bool> enabled;
  Sourced<std::int64_t> every_seconds;
  Sourced<bool> record_only;
  Sourced<std::int64_t> max_messages;
  Sourced<std::vector<std::string>> fyi_agents;

  // Whether an automatic sweep tells anybody about a breach.
  bool notifies() const { return enabled.value && !record_only.value && max_messages.value > 0; }
};

SlaPolicy sla_policy(const Coordination& coordination, const Config& config);

// {enabled: {value, source}, everySeconds, recordOnly, maxMessagesPerSweep, fyiAgents}
json::object to_json(const SlaPolicy& policy);

// The command that makes the automatic sweep notify; empty when it does already (SLA-15).
std::string enable_command(const SlaPolicy& policy);

}  // namespace ansible
