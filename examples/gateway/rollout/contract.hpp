// The frozen contract of the SLA sweep: envelopes and the responses that the rules demand (plugin/sla_contract).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "rollout/check.hpp"

namespace gateway_app {

// One file: {name, request, expected}.
struct ContractCase {
  std::string_view name;  // of the file, without ".json"
  std::string_view text;
};

// Compiled in.
std::span<const ContractCase> contract_cases();

inline constexpr std::string_view kContractTool = "ansible_sla_sweep_contract";

// What a reply has other than the expected response; empty: nothing. Ids and texts of messages are no part of the contract,
// but that ids are sorted and different is.
std::string contract_difference(const json::object& expected, const json::object& got);

// One gate: how many of `cases` the replies (in their order, JSON) satisfy.
Check contract_check(std::span<const ContractCase> cases, std::span<const std::string> replies);

}  // namespace gateway_app
