// What the tools on agents have in common.
#pragma once

#include <string>
#include <string_view>

#include "core/context.hpp"
#include "core/error.hpp"
#include "records/agent.hpp"
#include "tools/args.hpp"

namespace ansible {

// ARG-3, naming the argument. Errors: invalid_argument.
std::optional<Error> check_id(std::string_view pointer, std::string_view id);

// The registered agent that the argument `agent_id` names. Errors: not_found.
Result<Agent> existing_agent(Context& context, const Args& args);

// {success, agent_id, agent, agent_token, message}: the one reply that carries a token (WHO-8).
json::object with_token(const Agent& agent, const std::string& token, const std::string& message);

// {success, changed, agent_id, agent, message}
json::object changed_agent(const Agent& agent, bool changed, const std::string& message);

}  // namespace ansible
