// What an agent should know before its next turn, as text for its prompt (reference 7, "Context injection").
#pragma once

#include <string>
#include <string_view>

#include "core/context.hpp"

namespace ansible {

// Sections in this order, left out when empty: focus of the agent and of those who last changed theirs, its threads
// (last 24 h, 3), its decisions (3), its open tasks (5, oldest first), its unread messages (last 24 h, 5 newest).
// What others wrote is data: markup characters are escaped, every text is one line and cut, the whole is at most 16 KiB.
// Empty when there is nothing to say.
std::string context_block(Context& context, std::string_view agent);

}  // namespace ansible
