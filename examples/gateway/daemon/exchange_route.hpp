// POST <authGate.exchangePath>: a node that holds an invite gets a ticket.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/json.hpp"
#include "common/config.hpp"
#include "daemon/http_message.hpp"
#include "daemon/rate_limit.hpp"
#include "daemon/runtime.hpp"

namespace gateway_app {

// Needs no bearer: the invite is the credential. In this order: path and method (404), body (400), rate limit per address
// (429), members (400), then the plugin's ansible_exchange_ws_ticket with the host's rights (409, 401, 403).
//
// Thread rule: configure() from any thread, the rest on the event loop's.
class ExchangeRoute {
 public:
  explicit ExchangeRoute(AuthGateConfig config) : config_(std::move(config)) {}

  // Takes effect at once, but for the port.
  void configure(AuthGateConfig config);

  // True if this path is the exchange's on the gateway's own port.
  bool answers(std::string_view path) const;

  void answer(Runtime& runtime, const HttpRequest& request, const HttpReply& reply);

  // Everything on a port of its own.
  HttpHandler handler(Runtime& runtime);

 private:
  AuthGateConfig config() const;

  mutable std::mutex mutex_;
  AuthGateConfig config_;
  RateLimit limit_;
};

// {"error": code, "reason"?: text} with that status.
HttpResponse exchange_refusal(unsigned status, std::string_view error,
                              std::string_view reason = {});

// The body as an object, or the answer `invalid_json`.
std::variant<base::json::object, HttpResponse> parse_exchange(const std::string& body);

// The call that it asks for, or the answer `invalid_request`.
std::variant<gateway::Request, HttpResponse> read_exchange(const base::json::object& body);

// The answer to the call, as a node reads it.
HttpResponse exchange_response(const gateway::Outcome& outcome, const std::string& path);

}  // namespace gateway_app
