// What a host operation answers.
#pragma once

#include "base/json.hpp"
#include "daemon/http_message.hpp"
#include "gateway/error.hpp"

namespace gateway_app {

using HostAnswer = gateway::Result<base::json::object>;

HttpResponse host_refusal(const gateway::Error& error);
HttpResponse host_response(const HostAnswer& answer);

}  // namespace gateway_app
