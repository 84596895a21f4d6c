// Ids in arguments of whom the gateway need not know (ARG-3): whoever is named may come later, but can come.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/context.hpp"
#include "core/error.hpp"

namespace ansible {

// Agents, as the argument `name` lists them. An import may have registered one with an odd id: that is fine.
// Errors: invalid_argument.
std::optional<Error> refuse_odd_agents(Context& context, std::string_view name,
                                       std::span<const std::string> ids);

// The same for a node.
std::optional<Error> refuse_odd_node(Context& context, std::string_view name,
                                     const std::string& id);

}  // namespace ansible
