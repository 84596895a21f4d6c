// The sweep `invites`: takes away invites, tickets and nonces whose time is over.
#pragma once

#include "tools/tool.hpp"

namespace ansible {

ToolResult prune_invites(Context& context);

}  // namespace ansible
