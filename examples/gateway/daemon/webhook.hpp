// Posts deliveries of the stream `inbox` to agents' webhooks.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/event_loop.hpp"
#include "gateway/log.hpp"
#include "gateway/outbox.hpp"

namespace gateway_app {

// Where a webhook is. http only reaches this machine, whatever a name resolves to.
struct WebhookUrl {
  bool tls = false;
  std::string host;  // without brackets
  std::string port;
  std::string target;  // "/path?query"
};
std::optional<WebhookUrl> parse_webhook_url(std::string_view url);

struct WebhookOptions {
  std::chrono::milliseconds timeout{15'000};  // for the whole exchange
};

// One POST per delivery: the event as JSON, X-OpenClaw-Delivery (the same in every attempt), X-OpenClaw-Event,
// X-OpenClaw-Attempt, and X-OpenClaw-Signature: sha256=<HMAC-SHA-256 of the body under the sink's secret, hex>.
// 2xx: delivered. 410, and what refuses this very request: given up. Anything else, no answer in time, or no connection:
// tried again later. Redirections are not followed. Certificates are checked against the system's authorities.
// Thread rule: deliver() from any thread; the loop must outlive what is under way.
class Webhooks {
 public:
  Webhooks(EventLoop& loop, WebhookOptions options, gateway::LogSink log);

  // As gateway::DeliverySink; the payload is {"url", "secret", "body"}.
  void deliver(const gateway::Delivery& delivery, gateway::DeliveryDone done);

 private:
  EventLoop& loop_;
  const WebhookOptions options_;
  const gateway::LogSink log_;
};

}  // namespace gateway_app
