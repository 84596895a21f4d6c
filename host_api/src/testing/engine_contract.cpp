#include "gateway/testing/engine_contract.hpp"

#include <utility>

#include "testing/contract_support.hpp"

namespace gateway::testing {

std::vector<ContractCase> engine_contract() {
  std::vector<ContractCase> all;
  for (const auto group : {row_cases, check_cases, scan_cases, snapshot_cases, durability_cases}) {
    for (ContractCase& one : group()) {
      one.run =
          [run = std::move(one.run)](const EngineFactory& factory) -> std::optional<std::string> {
        try {
          return run(factory);
        } catch (const ContractFailure& failure) {
          return failure.text;
        }
      };
      all.push_back(std::move(one));
    }
  }
  return all;
}

}  // namespace gateway::testing
