// HTTP/1.1 over TCP and Unix sockets.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "daemon/event_loop.hpp"
#include "daemon/http_message.hpp"
#include "gateway/error.hpp"
#include "gateway/log.hpp"

namespace gateway_app {

struct HttpLimits {
  std::size_t max_body = 1u << 20;
  std::uint32_t max_header = 16u << 10;
  std::size_t max_connections = 1024;
  std::chrono::milliseconds header_timeout{
      10'000};  // from its first byte (or the accept) to its end
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds idle_timeout{60'000};   // between requests
  std::chrono::milliseconds write_timeout{30'000};  // for one response
};

// What the server has done, for /metrics and /status.
struct HttpCounters {
  std::map<unsigned, std::uint64_t> responses;  // by status
  std::uint64_t timeouts = 0;             // connections closed because the client was too slow
  std::uint64_t refused_connections = 0;  // over max_connections
  std::size_t connections = 0;            // open now
};

// Answers malformed and oversized messages itself (400, 413) and closes the connection; a client that is too slow is
// closed without an answer. One request of a connection is answered before the next is read.
// Thread rule: the event loop's thread; before run() also the thread that calls run().
class HttpServer {
 public:
  HttpServer(EventLoop& loop, HttpLimits limits, gateway::LogSink log);
  ~HttpServer();

  // Serves `handler` on an IP address; port 0 lets the system choose. Returns the port.
  // Errors: port_taken (names the holder where the system tells), listen_failed.
  gateway::Result<std::uint16_t> listen_tcp(const std::string& address, std::uint16_t port,
                                            HttpHandler handler);

  // Serves `handler` on a Unix socket (0600) to processes of this user or root. A stale file at `path` is replaced.
  // Errors: listen_failed.
  gateway::Result<void> listen_unix(const std::string& path, HttpHandler handler);

  // Accepts nothing more and closes idle connections; requests under way are answered, then their connection closed.
  void stop_accepting();

  // Calls `done` when no connection is left, at the latest after `limit` (then it closes the rest).
  void close(std::chrono::milliseconds limit, std::function<void()> done);

  HttpCounters counters() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace gateway_app
