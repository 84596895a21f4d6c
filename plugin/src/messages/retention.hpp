// How long messages are kept (MSG-2, MSG-3; reference 5.4).
#pragma once

#include "tools/tool.hpp"

namespace ansible {

// The sweep `messages`, on the coordinator: removes what everybody has read once it is older than 24 hours, or while
// more than 50 are stored, oldest first. What a registered, enabled recipient has not read stays until maxUnreadDays
// and then becomes a dead letter. A run looks at no more than 2,000 messages and the next one goes on there. Dead
// letters are removed when they are as old again, conversations when nothing has happened in them for 24 hours, 500 of each
// per run.
ToolResult message_sweep(Context& context);

}  // namespace ansible
