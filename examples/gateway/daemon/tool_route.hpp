// POST /tools/invoke: who asks, what they ask, and how the answer is wrapped.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "daemon/http_message.hpp"
#include "daemon/runtime.hpp"

namespace gateway_app {

// The call that a request asks for, or the answer that refuses it.
std::variant<gateway::Request, HttpResponse> read_tool_request(const Runtime& runtime,
                                                               const HttpRequest& http);

// The answer to a call that ended. `agent_bearer`: the caller came with `Bearer at_...`, so that `invalid_token` is
// its credential's failure (401) and not an argument's (200).
HttpResponse tool_response(const gateway::Outcome& outcome, const std::string& tool,
                           bool agent_bearer);

void invoke_tool(Runtime& runtime, const HttpRequest& http, const HttpReply& reply);

}  // namespace gateway_app
