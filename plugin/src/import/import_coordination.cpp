#include <map>
#include <optional>

#include "coordination/delegation_policy.hpp"
#include "coordination/preference.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"
#include "import/import.hpp"
#include "records/coordination.hpp"

namespace ansible {
namespace {

using Values = std::vector<ImportedValue>;

// A value that a policy takes over when it has none here.
struct Bound {
  std::string_view key;
  std::int64_t min;
  std::int64_t max;
};
constexpr Bound kNumbers[] = {
    {"sweepEverySeconds", 10, 3'600},
    {"retentionClosedTaskSeconds", 86'400, 90 * 86'400},
    {"retentionPruneEverySeconds", 3'600, 168 * 3'600},
    {"retentionUpdatedAt", 0, INT64_MAX},
    {"backpressureMaxConcurrent", 1, 200},
    {"backpressureMaxQueueDepth", 1, 500},
    {"backpressureRetryBudget", 0, 20},
    {"slaSweepEverySeconds", 30, 604'800},
    {"slaSweepMaxMessagesPerSweep", 0, INT64_MAX},
    {"updatedAt", 0, INT64_MAX},
};
constexpr std::string_view kFlags[] = {"slaSweepEnabled", "slaSweepRecordOnly"};
constexpr std::string_view kTexts[] = {"retentionUpdatedBy", "distributionExternalMode",
                                       "updatedBy"};
constexpr std::string_view kHistory[] = {"retentionLastPruneAt", "slaSweepLastAt",
                                         "slaSweepLastReason", "slaSweepLastBreachCount",
                                         "slaSweepLastEscalationsWritten"};

// Why a value is none that the policy could take; nothing: `key` is no policy value; empty: it is fine.
std::optional<std::string> verdict(std::string_view key, const json::value& value) {
  for (const Bound& bound : kNumbers) {
    if (bound.key != key) continue;
    const bool fits =
        value.is_int64() && value.get_int64() >= bound.min && value.get_int64() <= bound.max;
    return fits ? ""
                : "expected a number from " + std::to_string(bound.min) +
                      (bound.max == INT64_MAX ? "" : " to " + std::to_string(bound.max));
  }
  for (const std::string_view flag : kFlags) {
    if (flag == key) return value.is_bool() ? "" : "expected true or false";
  }
  for (const std::string_view text : kTexts) {
    if (text == key) return value.is_string() ? "" : "expected a text";
  }
  if (key == "slaSweepFyiAgents") return value.is_array() ? "" : "expected a list of agents";
  return std::nullopt;
}

bool is_history(std::string_view key) {
  for (const std::string_view name : kHistory) {
    if (name == key) return true;
  }
  return false;
}

// Splits "gatewayAdmin:x" into the name before the first colon and the rest.
std::optional<std::string> after(std::string_view key, std::string_view prefix) {
  if (!key.starts_with(prefix) || key.size() == prefix.size()) return std::nullopt;
  return std::string(key.substr(prefix.size()));
}

// The coordination document with what it lacks.
class Policies {
 public:
  explicit Policies(Context& context)
      : context_(context), before_(load_coordination(context.txn)), merged_(to_json(before_)) {}

  Imported take(std::string_view key, const json::value& value) {
    if (merged_.contains(key)) return Imported::unchanged();
    merged_[key] = value;
    return {};
  }

  Imported coordinator(const json::value& value) {
    if (!value.is_string()) return Imported::skipped("expected a node id");
    const std::string node(value.get_string());
    if (before_.coordinator) return Imported::unchanged();
    if (node != context_.node_id() && !context_.txn.get(key::node(node))) {
      return Imported::skipped("no node '" + node +
                               "' has joined this gateway: nobody would sweep. Nominate one with "
                               "ansible_set_coordination");
    }
    merged_["coordinator"] = node;
    return {};
  }

  Imported gateway_admin(const std::string& gateway, const json::value& value) {
    if (!value.is_string()) return Imported::skipped("expected an agent id");
    if (before_.gateway_admins.contains(gateway)) return Imported::unchanged();
    json::object admins = object_field(merged_, "gatewayAdmins");
    admins[gateway] = value;
    merged_["gatewayAdmins"] = std::move(admins);
    return {};
  }

  void save() {
    const Coordination after = coordination_from_json(merged_);
    if (to_json(after) != to_json(before_)) save_coordination(context_.txn, after);
  }

 private:
  Context& context_;
  Coordination before_;
  json::object merged_;
};

Imported take_preference(Context& context, const std::string& node, const json::value& value) {
  if (!value.is_object()) return Imported::skipped("expected an object");
  if (const std::string why = why_unusable(node); !why.empty()) return Imported::skipped(why);
  if (load_preference(context.txn, node)) return Imported::unchanged();
  save_preference(context.txn, node, preference_from_json(value.get_object()));
  return {};
}

// delegationAck:<id>:version|checksum|at: the id may hold colons, so the last one counts.
struct AckParts {
  PolicyAck ack;
  bool has_version = false;
};
bool add_ack_part(std::map<std::string, AckParts>& acks, const std::string& rest,
                  const json::value& value) {
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  AckParts& parts = acks[rest.substr(0, colon)];
  const std::string part = rest.substr(colon + 1);
  if (part == "version" && value.is_string()) {
    parts.ack.version = value.get_string();
    parts.has_version = true;
  } else if (part == "checksum" && value.is_string()) {
    parts.ack.checksum = value.get_string();
  } else if (part == "at" && value.is_int64()) {
    parts.ack.at = value.get_int64();
  } else {
    return false;
  }
  return true;
}

void take_acks(Context& context, std::map<std::string, AckParts> acks, Values& out) {
  for (auto& [agent, parts] : acks) {
    const std::string key = "delegationAck:" + agent;
    const std::string why = why_unusable(agent);
    if (!why.empty() || !parts.has_version) {
      out.push_back({key, Imported::skipped(why.empty() ? "it names no version" : why)});
    } else if (load_policy_ack(context.txn, agent)) {
      out.push_back({key, Imported::unchanged()});
    } else {
      parts.ack.agent = agent;
      parts.ack.node = context.node_id();
      save_policy_ack(context.txn, parts.ack);
      out.push_back({key, {}});
    }
  }
}

// The policy's checksum is made anew from its text.
void take_policy(Context& context, const json::object& values, Values& out) {
  const auto version = text_field(values, "delegationPolicyVersion");
  if (!version) return;
  const auto text = text_field(values, "delegationPolicyMarkdown");
  if (load_delegation_policy(context.txn)) {
    out.push_back({"delegationPolicy", Imported::unchanged()});
  } else if (!text) {
    out.push_back(
        {"delegationPolicy", Imported::skipped("its text is not in the dump: publish it again with "
                                               "ansible_set_delegation_policy")});
  } else {
    const DelegationPolicy policy{*version, policy_checksum(context.txn, *text),
                                  int_field(values, "delegationPolicyUpdatedAt").value_or(0),
                                  text_field(values, "delegationPolicyUpdatedBy").value_or("")};
    save_delegation_policy(context.txn, policy, *text);
    Imported outcome;
    if (text_field(values, "delegationPolicyChecksum") != policy.checksum) {
      outcome.notes.push_back("its checksum was not that of its text, and is now " +
                              policy.checksum);
    }
    out.push_back({"delegationPolicy", std::move(outcome)});
  }
}

}  // namespace

std::vector<ImportedValue> import_coordination(Context& context, const json::object& values) {
  Policies policies(context);
  std::map<std::string, AckParts> acks;
  Values out;
  for (const auto& member : values) {
    const std::string key(member.key());
    const json::value& value = member.value();
    if (key.starts_with("delegationPolicy") || is_history(key)) continue;
    if (const auto node = after(key, "pref:")) {
      out.push_back({key, take_preference(context, *node, value)});
    } else if (const auto gateway = after(key, "gatewayAdmin:")) {
      out.push_back({key, policies.gateway_admin(*gateway, value)});
    } else if (const auto ack = after(key, "delegationAck:");
               ack && add_ack_part(acks, *ack, value)) {
      continue;
    } else if (key == "coordinator") {
      out.push_back({key, policies.coordinator(value)});
    } else if (const auto why = verdict(key, value)) {
      out.push_back({key, why->empty() ? policies.take(key, value) : Imported::skipped(*why)});
    } else {
      out.push_back({key, Imported::skipped("no value of this name is known")});
    }
  }
  policies.save();
  take_policy(context, values, out);
  take_acks(context, std::move(acks), out);
  return out;
}

}  // namespace ansible
