// What every storage engine must do, as tests. Whoever implements gateway::Engine on another
// database links gateway_testing and runs these cases in the test framework at hand:
//
//     for (const ContractCase& one : engine_contract()) {
//       const std::optional<std::string> failure = one.run(factory);
//       if (failure) report(one.name, *failure);
//     }
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/engine.hpp"

namespace gateway::testing {

// Where the cases get their engine from. A case calls create() once and destroys the engine before
// it asks for another or ends.
struct EngineFactory {
  // An engine on a new, empty store. Null makes the case fail. It should let a snapshot live for
  // minutes: on a slow machine under a sanitizer a case may hold one for that long.
  std::function<std::unique_ptr<Engine>()> create;

  // An engine on the store of the last create(), whose engine is destroyed by now. Leave it empty
  // when a store ends with its engine.
  std::function<std::unique_ptr<Engine>()> reopen;
};

struct ContractCase {
  std::string name;  // a sentence
  bool needs_reopen = false;

  // Nothing: the engine keeps the rule. Else what was expected and what was found. Throws only what
  // the engine throws. Runs for less than a few seconds on a slow disk.
  std::function<std::optional<std::string>(const EngineFactory&)> run;
};

// All cases, in the order in which they help to bring up a new engine. A case that needs to reopen
// fails on a factory that cannot: skip it knowingly.
std::vector<ContractCase> engine_contract();

}  // namespace gateway::testing
