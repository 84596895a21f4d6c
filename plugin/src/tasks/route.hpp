// Where a new task goes, and under which contracts (reference 2.2, T-10, T-11).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/context.hpp"
#include "core/error.hpp"
#include "records/task.hpp"
#include "tasks/targets.hpp"

namespace ansible {

// What a delegation asks for.
struct Wish {
  std::string_view creator;
  std::vector<std::string> names;      // agents or nodes; they go before what is required
  std::vector<std::string> requires_;  // capabilities, else skills
  std::string skill;                   // skillRequired; empty: none
};

struct Route {
  std::string_view mode;                  // explicit | capability | skill
  Targets targets;                        // one agent for one requirement
  std::vector<Contract> contracts;        // of the required capabilities
  std::vector<std::string> skills;        // the other requirements
  std::vector<std::string> out_of_reach;  // assignees that nobody has heard of lately
};

// Several requirements mean the agents that meet all of them; a single one means the first of them whose queue is not
// full. Capabilities that are required keep their contract when agents are named.
// Errors: invalid_argument (nothing asked for), invalid_targets, no_route (nobody advertises it, or nobody meets all),
// capability_unavailable, overloaded.
Result<Route> find_route(Context& context, const Wish& wish);

// Whether `agent` meets a requirement of a task: executes the capability of its contract, or advertises the skill, itself
// or by its gateway (T-8).
bool meets(Transaction& txn, const Task& task, const std::string& requirement,
           std::string_view agent);

}  // namespace ansible
