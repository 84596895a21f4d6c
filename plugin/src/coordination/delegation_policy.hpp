// The published delegation policy, and who follows which version of it (reference 7, COO-4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "core/transaction.hpp"

namespace ansible {

namespace json = base::json;

// Its Markdown is stored beside it, so that whoever only shows the version does not read 200,000 characters.
struct DelegationPolicy {
  std::string version;
  std::string checksum;  // "sha256:" and 64 digits, of the Markdown
  std::int64_t updated_at = 0;
  std::string updated_by;
};

// {delegationPolicyVersion, delegationPolicyChecksum, delegationPolicyUpdatedAt, delegationPolicyUpdatedBy}
json::object to_json(const DelegationPolicy& policy);

std::optional<DelegationPolicy> load_delegation_policy(Transaction& txn);
std::string load_delegation_policy_text(Transaction& txn);
void save_delegation_policy(Transaction& txn, const DelegationPolicy& policy,
                            std::string_view markdown);

// "sha256:" and 64 digits.
std::string policy_checksum(Transaction& txn, std::string_view markdown);

// What an agent acknowledged last.
struct PolicyAck {
  std::string agent;
  std::string version;
  std::string checksum;
  std::int64_t at = 0;
  std::string node;  // on which it did
};

json::object to_json(const PolicyAck& ack);
std::optional<PolicyAck> load_policy_ack(Transaction& txn, std::string_view agent);
void save_policy_ack(Transaction& txn, const PolicyAck& ack);

// At most `limit`, by agent id.
std::vector<PolicyAck> policy_acks(Transaction& txn, std::size_t limit);

}  // namespace ansible
