// Lifecycle events: broadcasts that tell every agent what changed (reference 1.6, MSG-3).
#pragma once

#include <string>
#include <string_view>

#include "core/context.hpp"
#include "core/error.hpp"

namespace ansible {

// Broadcasts `intent` ("capability_published", "gateway_admin_updated", ...) in the name of `by` (an agent or node id).
// `metadata` gets {kind: intent, at: now} and is redacted (reference 4.4). The intent must be one that counts_as_unread()
// knows as quiet. Returns the message's id (`lifecycleMessageId` in replies).
std::string broadcast_event(Context& context, std::string_view intent, std::string_view by,
                            const std::string& content, json::object metadata);

}  // namespace ansible
