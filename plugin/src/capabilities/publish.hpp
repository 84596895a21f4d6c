// ansible_capability_publish, seen from inside.
#pragma once

#include <span>

#include "capabilities/publication.hpp"
#include "tools/tool.hpp"

namespace ansible {

// Takes a publication through the gates in a nested view, which is merged when all are passed. When one fails, its
// evidence is what stays: the pipeline's record, and the events capability_publish_gate_failed and, from G4 on,
// capability_publish_rollback (CAP-2).
ToolResult publish_through(Context& context, Publication publication,
                           std::span<const Gate<Publication>> gates);

ToolResult capability_publish(Context& context, const Args& args);
ToolResult capability_rollback(Context& context, const Args& args);
ToolResult capability_unpublish(Context& context, const Args& args);
ToolResult capability_lifecycle_evidence(Context& context, const Args& args);
ToolResult list_capabilities(Context& context, const Args& args);

}  // namespace ansible
