#include "daemon/host_answer.hpp"

namespace gateway_app {

HttpResponse host_refusal(const gateway::Error& error) {
  if (error.code == "invalid_request" || error.code == "not_found" ||
      error.code == "shutting_down" || error.code == "plugin_unavailable") {
    return error_response(error.code, error.message);
  }
  return error_response_as(409, error.code, error.message);
}

HttpResponse host_response(const HostAnswer& answer) {
  return answer ? ok_response(base::json::canonical(*answer)) : host_refusal(answer.error());
}

}  // namespace gateway_app
