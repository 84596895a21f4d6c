#include "coordination/coordination_map.hpp"

#include "coordination/delegation_policy.hpp"
#include "coordination/preference.hpp"
#include "core/fields.hpp"
#include "records/coordination.hpp"

namespace ansible {
namespace {

constexpr std::size_t kMostAcks = 1'000;

}  // namespace

json::object coordination_map(Context& context) {
  const Coordination coordination = load_coordination(context.txn);
  json::object out = to_json(coordination);
  out.erase("gatewayAdmins");
  for (const auto& [gateway, agent] : coordination.gateway_admins) {
    out["gatewayAdmin:" + gateway] = agent;
  }
  if (const auto policy = load_delegation_policy(context.txn)) {
    for (const auto& member : to_json(*policy)) out[member.key()] = member.value();
  }
  for (const auto& [node, preference] : all_preferences(context.txn)) {
    out["pref:" + node] = to_json(preference);
  }
  for (const PolicyAck& ack : policy_acks(context.txn, kMostAcks)) {
    const std::string prefix = "delegationAck:" + ack.agent;
    out[prefix + ":version"] = ack.version;
    out[prefix + ":checksum"] = ack.checksum;
    out[prefix + ":at"] = ack.at;
  }
  return out;
}

}  // namespace ansible
