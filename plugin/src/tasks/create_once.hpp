// Tools that create a task: one task per idempotency key (T-2 ... T-4).
#pragma once

#include <string_view>

#include "actors/actor.hpp"
#include "core/context.hpp"
#include "core/error.hpp"
#include "tools/tool.hpp"

namespace ansible {

// Creates the task and returns the reply, in which `taskId` is its id.
using CreateTask = Result<json::object> (*)(Context& context, const Args& args,
                                            const Actor& creator);

// The acting agent (`from_agent`, `agent_token`) creates a task; a request whose `idempotency_key` this tool has had from
// it before gets the reply of then, also when the task has been pruned since.
// Errors: those of resolve_actor and `create`; idempotency_conflict.
ToolResult create_once(Context& context, const Args& args, std::string_view tool,
                       CreateTask create);

}  // namespace ansible
