#include "sla/sla_policy.hpp"

#include "core/fields.hpp"

namespace ansible {
namespace {

// The safe profile of the deployment runbook.
constexpr bool kEnabled = true;
constexpr std::int64_t kEverySeconds = 300;
constexpr bool kRecordOnly = true;
constexpr std::int64_t kMaxMessages = 3;
const std::vector<std::string>& fyi_default() {
  static const std::vector<std::string> agents = {"architect"};
  return agents;
}

template <class T>
Sourced<T> pick(const std::optional<T>& coordination, const std::optional<T>& config,
                const T& fallback) {
  if (coordination) return {*coordination, "coordination"};
  if (config) return {*config, "config"};
  return {fallback, "default"};
}

template <class T>
json::object shown(const Sourced<T>& value) {
  return {{"value", value.value}, {"source", value.source}};
}

}  // namespace

SlaPolicy sla_policy(const Coordination& set, const Config& config) {
  const SlaConfig& sla = config.sla;
  return {.enabled = pick(set.sla_enabled, sla.enabled, kEnabled),
          .every_seconds = pick(set.sla_every_seconds, sla.every_seconds, kEverySeconds),
          .record_only = pick(set.sla_record_only, sla.record_only, kRecordOnly),
          .max_messages = pick(set.sla_max_messages, sla.max_messages, kMaxMessages),
          .fyi_agents = pick(set.sla_fyi_agents, sla.fyi_agents, fyi_default())};
}

json::object to_json(const SlaPolicy& policy) {
  return {{"enabled", shown(policy.enabled)},
          {"everySeconds", shown(policy.every_seconds)},
          {"recordOnly", shown(policy.record_only)},
          {"maxMessagesPerSweep", shown(policy.max_messages)},
          {"fyiAgents",
           {{"value", to_array(policy.fyi_agents.value)}, {"source", policy.fyi_agents.source}}}};
}

std::string enable_command(const SlaPolicy& policy) {
  if (policy.notifies()) return {};
  std::string command = "openclaw ansible sla policy set";
  if (!policy.enabled.value) command += " --enabled true";
  if (policy.record_only.value) command += " --record-only false";
  if (policy.max_messages.value == 0) command += " --max-messages " + std::to_string(kMaxMessages);
  return command;
}

}  // namespace ansible
