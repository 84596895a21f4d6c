#include "coordination/delegation_policy.hpp"

#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/keys.hpp"

namespace ansible {
namespace {

PolicyAck ack_from_json(const json::object& from) {
  return {text_field(from, "agentId").value_or(""), text_field(from, "version").value_or(""),
          text_field(from, "checksum").value_or(""), int_field(from, "at").value_or(0),
          text_field(from, "nodeId").value_or("")};
}

}  // namespace

json::object to_json(const DelegationPolicy& policy) {
  return {{"delegationPolicyVersion", policy.version},
          {"delegationPolicyChecksum", policy.checksum},
          {"delegationPolicyUpdatedAt", policy.updated_at},
          {"delegationPolicyUpdatedBy", policy.updated_by}};
}

std::optional<DelegationPolicy> load_delegation_policy(Transaction& txn) {
  const auto stored = txn.get(key::kDelegationPolicy);
  if (!stored) return std::nullopt;
  const json::object from = parse_document(key::kDelegationPolicy, *stored);
  return DelegationPolicy{text_field(from, "delegationPolicyVersion").value_or(""),
                          text_field(from, "delegationPolicyChecksum").value_or(""),
                          int_field(from, "delegationPolicyUpdatedAt").value_or(0),
                          text_field(from, "delegationPolicyUpdatedBy").value_or("")};
}

std::string load_delegation_policy_text(Transaction& txn) {
  const auto stored = txn.get(key::kDelegationPolicyText);
  return stored ? std::string(*stored) : std::string();
}

void save_delegation_policy(Transaction& txn, const DelegationPolicy& policy,
                            std::string_view markdown) {
  txn.put(key::kDelegationPolicy, json::canonical(to_json(policy)));
  txn.put(key::kDelegationPolicyText, markdown);
}

std::string policy_checksum(Transaction& txn, std::string_view markdown) {
  return "sha256:" + hex(txn.sha256(markdown));
}

json::object to_json(const PolicyAck& ack) {
  return {{"agentId", ack.agent},
          {"version", ack.version},
          {"checksum", ack.checksum},
          {"at", ack.at},
          {"nodeId", ack.node}};
}

std::optional<PolicyAck> load_policy_ack(Transaction& txn, std::string_view agent) {
  const std::string at = key::delegation_ack(agent);
  const auto stored = txn.get(at);
  if (!stored) return std::nullopt;
  return ack_from_json(parse_document(at, *stored));
}

void save_policy_ack(Transaction& txn, const PolicyAck& ack) {
  txn.put(key::delegation_ack(ack.agent), json::canonical(to_json(ack)));
}

std::vector<PolicyAck> policy_acks(Transaction& txn, std::size_t limit) {
  std::vector<PolicyAck> out;
  const std::string prefix = "delegation-ack/";
  txn.scan(prefix, prefix_end(prefix), {.limit = limit},
           [&](std::string_view at, std::string_view value) {
             out.push_back(ack_from_json(parse_document(at, value)));
             return true;
           });
  return out;
}

}  // namespace ansible
