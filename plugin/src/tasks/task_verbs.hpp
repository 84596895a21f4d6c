// The handlers behind the task tools; one file each.
#pragma once

#include "tools/tool.hpp"

namespace ansible {

ToolResult delegate_task(Context& context, const Args& args);
ToolResult claim_task(Context& context, const Args& args);
ToolResult progress_or_fail_task(Context& context, const Args& args);
ToolResult approve_task(Context& context, const Args& args);
ToolResult complete_task(Context& context, const Args& args);
ToolResult release_task(Context& context, const Args& args);
ToolResult cancel_task(Context& context, const Args& args);
ToolResult find_tasks(Context& context, const Args& args);
ToolResult task_timeline(Context& context, const Args& args);
ToolResult dump_tasks(Context& context, const Args& args);
ToolResult create_skill_task(Context& context, const Args& args);

}  // namespace ansible
