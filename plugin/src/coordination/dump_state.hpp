// ansible_dump_state (reference 7, WHO-8, WHO-10).
#pragma once

#include "tools/tool.hpp"

namespace ansible {

ToolResult dump_state(Context& context, const Args& args);

}  // namespace ansible
