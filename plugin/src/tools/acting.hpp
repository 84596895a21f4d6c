// The arguments that say who acts, the same for every tool (WHO-2, WHO-3).
#pragma once

#include <array>
#include <string_view>

#include "tools/param.hpp"

namespace ansible {

// What clients call the acting agent. A tool publishes one of the names; the others mean the same there, unless it has a
// parameter of that name with another meaning (a filter). Were they ignored, the call would be the operator's.
inline constexpr std::array<std::string_view, 3> kActorNames = {"agentId", "from_agent", "agent"};

// Who acts: `name` is the one of kActorNames that the existing clients use with this tool.
constexpr Param acting_agent(std::string_view name) {
  return {.name = name,
          .type = ParamType::kString,
          .description = "The agent that acts; without it the gateway's operator does.",
          .max_length = 100,
          .names_actor = true};
}

inline constexpr Param kAgentToken = {
    .name = "agent_token",
    .type = ParamType::kString,
    .description = "The acting agent's token (at_...); then no agent need be named.",
    .max_length = 200};

}  // namespace ansible
