// Requests and responses, free of any HTTP library.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway_app {

struct HttpRequest {
  std::string method;  // "GET", "POST", ...
  std::string path;    // without the query
  std::string query;   // without the '?'
  std::string authorization;
  std::string accept;
  std::string last_event_id;
  std::string body;
  std::string connection;  // names the connection: who shares one turn in the queue
  std::string
      address;  // where the client is: its IPv4 address, or the /64 of its IPv6 one; empty on a Unix socket
};

// A body that comes in pieces, each when it is there. Dropped when the body has ended or the client is gone.
class HttpStream {
 public:
  virtual ~HttpStream() = default;

  // Calls `piece` once, from any thread: with the next bytes, or with nothing, and then the body ends. Asked again only
  // after the piece was written.
  virtual void next(std::function<void(std::optional<std::string>)> piece) = 0;
};

struct HttpResponse {
  unsigned status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<HttpStream> stream;  // instead of `body`; the connection closes behind it
};

// Called once per request, from any thread.
using HttpReply = std::function<void(HttpResponse)>;

// Runs on the server's thread and must not block.
using HttpHandler = std::function<void(HttpRequest, HttpReply)>;

// {"ok":true,"result":<json>}
HttpResponse ok_response(std::string_view result_json);

// {"ok":false,"error":{"code","message",...}} with the status of the code (README.md has the table); `extra` are more
// members of the error, as JSON: R"("retryAfterMs":50)".
HttpResponse error_response(std::string_view code, std::string_view message,
                            std::string_view extra = {});

// The same with another status.
HttpResponse error_response_as(unsigned status, std::string_view code, std::string_view message,
                               std::string_view extra = {});

// `overloaded`, with Retry-After (whole seconds, at least 1) and retryAfterMs.
HttpResponse overloaded_response(std::string_view message, long long retry_after_ms);

}  // namespace gateway_app
