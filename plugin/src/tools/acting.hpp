// The arguments that say who acts, the same for every tool (WHO-2, WHO-3).
#pragma once

#include "tools/param.hpp"

namespace ansible {

// Who acts: `name` is "agentId", "from_agent" or "agent", as the existing clients call it in each tool.
constexpr Param acting_agent(std::string_view name) {
  return {.name = name,
          .type = ParamType::kString,
          .description = "The agent that acts; without it the gateway's operator does.",
          .max_length = 100};
}

inline constexpr Param kAgentToken = {
    .name = "agent_token",
    .type = ParamType::kString,
    .description = "The acting agent's token (at_...); then no agent need be named.",
    .max_length = 200};

}  // namespace ansible
