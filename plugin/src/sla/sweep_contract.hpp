// The sweep's rules as a pure function of one envelope (SLA-16, reference 3.4).
#pragma once

#include "tools/tool.hpp"

namespace ansible {

// {contractSchemaRef, caseId, nowMs, nodeId, options, tasks[]} -> {contractSchemaRef, caseId,
// result, tasksAfter[], messagesAfter[]}. Reads and writes nothing else: no agents, no waiting
// breaches, no digests, no gateway admin. The shapes are those of the frozen contract: result has
// the fields of reference 3.2, and a task's SLA record gets escalations and outcomes, but not the
// marks `stalled` and `breached`. Errors: invalid_argument (a task without id, two tasks with one
// id, an empty name among fyiAgents).
ToolResult sla_sweep_contract(Context& context, const Args& args);

}  // namespace ansible
