// One HTTP request, over TCP or a Unix socket.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "gateway/error.hpp"

namespace gateway_app {

struct HttpTarget {
  std::string host;         // for TCP
  std::uint16_t port = 0;   // for TCP
  std::string unix_socket;  // not empty: used instead of host and port
};

struct HttpRequest {
  std::string method = "GET";
  std::string path = "/";
  std::string bearer;  // empty: no Authorization header
  std::string body;
  std::chrono::seconds timeout{60};
};

struct HttpResponse {
  unsigned status = 0;
  std::string body;
};

// Sends one request on a connection of its own and waits for the answer.
// Errors: unreachable (nobody listens; nothing was sent), no_answer (the connection broke, or the
// timeout passed, before the answer was complete).
gateway::Result<HttpResponse> http_request(const HttpTarget& target, const HttpRequest& request);

}  // namespace gateway_app
