#include "daemon/webhook.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <vector>

#include "base/json.hpp"
#include "daemon/secret.hpp"

namespace gateway_app {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = base::json;
using asio::ip::tcp;
using beast::error_code;
using gateway::DeliveryResult;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMostAnswer = 64u << 10;  // of an answer that nobody reads

using Request = http::request<http::string_body>;

DeliveryResult failed(std::string_view what, std::string_view why) {
  return {DeliveryResult::Kind::kRetryLater, fmt::format("{}: {}", what, why)};
}

// The receiver is gone (410), or refuses this very request: it would again, and hold up what comes behind it.
constexpr unsigned kFinal[] = {400, 410, 413, 414, 415, 422, 431};

DeliveryResult result_of(unsigned status) {
  if (status >= 200 && status < 300) return {DeliveryResult::Kind::kDelivered, {}};
  const bool final = std::find(std::begin(kFinal), std::end(kFinal), status) != std::end(kFinal);
  return {final ? DeliveryResult::Kind::kGiveUp : DeliveryResult::Kind::kRetryLater,
          fmt::format("HTTP {}", status)};
}

std::string text_of(const json::object& from, std::string_view name) {
  const json::value* member = from.if_contains(name);
  return member != nullptr && member->is_string() ? std::string(member->get_string()) : "";
}

// (co_await stands in a statement of its own throughout, see http_session.cpp.)

template <class Stream>
asio::awaitable<DeliveryResult> converse(Stream& stream, const Request& request) {
  const auto [sent, n] = co_await http::async_write(stream, request, kTuple);
  if (sent) co_return failed("sending", sent.message());
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMostAnswer);
  const auto [read, m] = co_await http::async_read_header(stream, buffer, parser, kTuple);
  if (read) co_return failed("waiting for the answer", read.message());
  co_return result_of(parser.get().result_int());
}

// The addresses of the host, as far as they may be used.
asio::awaitable<std::vector<tcp::endpoint>> resolve(const WebhookUrl& url, std::string& problem,
                                                    std::chrono::milliseconds limit) {
  const auto executor = co_await asio::this_coro::executor;
  // Shared: a guard that has expired may be in the queue when the names are there, and then outlives them.
  const auto resolver = std::make_shared<tcp::resolver>(executor);
  asio::steady_timer guard(executor, limit);
  guard.async_wait([resolver](const error_code& ec) {
    if (!ec) resolver->cancel();
  });
  const auto [ec, found] = co_await resolver->async_resolve(url.host, url.port, kTuple);
  guard.cancel();
  std::vector<tcp::endpoint> usable;
  for (const auto& entry : found) {
    if (url.tls || entry.endpoint().address().is_loopback()) usable.push_back(entry.endpoint());
  }
  if (ec) {
    problem = ec.message();
  } else if (usable.empty()) {
    problem = "plain http goes to this machine only, and this name means another";
  }
  co_return usable;
}

asio::awaitable<DeliveryResult> post(WebhookUrl url, Request request,
                                     std::chrono::milliseconds limit) {
  std::string problem;
  const std::vector<tcp::endpoint> endpoints = co_await resolve(url, problem, limit);
  if (endpoints.empty()) co_return failed("resolving " + url.host, problem);
  const auto executor = co_await asio::this_coro::executor;
  if (!url.tls) {
    beast::tcp_stream stream(executor);
    stream.expires_after(limit);
    const auto [ec, endpoint] = co_await stream.async_connect(endpoints, kTuple);
    if (ec) co_return failed("connecting to " + url.host, ec.message());
    co_return co_await converse(stream, request);
  }
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.set_default_verify_paths();
  tls.set_verify_mode(asio::ssl::verify_peer);
  beast::ssl_stream<beast::tcp_stream> stream(executor, tls);
  stream.set_verify_callback(asio::ssl::host_name_verification(url.host));
  SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str());
  auto& lowest = beast::get_lowest_layer(stream);
  lowest.expires_after(limit);
  const auto [ec, endpoint] = co_await lowest.async_connect(endpoints, kTuple);
  if (ec) co_return failed("connecting to " + url.host, ec.message());
  const auto [shaken] = co_await stream.async_handshake(asio::ssl::stream_base::client, kTuple);
  if (shaken) co_return failed("TLS handshake with " + url.host, shaken.message());
  co_return co_await converse(stream, request);
}

Request make_request(const WebhookUrl& url, const gateway::Delivery& delivery,
                     const json::object& payload) {
  const json::value* event = payload.if_contains("body");
  const json::object* members = event != nullptr ? event->if_object() : nullptr;
  Request request{http::verb::post, url.target, 11};
  const bool bare_v6 = url.host.find(':') != std::string::npos;
  request.set(http::field::host, (bare_v6 ? "[" + url.host + "]" : url.host) + ":" + url.port);
  request.set(http::field::user_agent, "openclawd");
  request.set(http::field::content_type, "application/json");
  request.set("X-OpenClaw-Delivery", delivery.id);
  request.set("X-OpenClaw-Attempt", std::to_string(delivery.attempt));
  if (members != nullptr) request.set("X-OpenClaw-Event", text_of(*members, "type"));
  request.body() = event != nullptr ? json::canonical(*event) : "null";
  request.set("X-OpenClaw-Signature",
              "sha256=" + hmac_sha256_hex(text_of(payload, "secret"), request.body()));
  request.keep_alive(false);
  request.prepare_payload();
  return request;
}

}  // namespace

std::optional<WebhookUrl> parse_webhook_url(std::string_view url) {
  WebhookUrl out;
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  std::string name(url.substr(0, scheme));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (name != "http" && name != "https") return std::nullopt;
  out.tls = name == "https";
  const std::string_view rest = url.substr(scheme + 3);
  const auto path = std::min(rest.find_first_of("/?#"), rest.size());
  std::string_view authority = rest.substr(0, path);
  std::string_view target = rest.substr(path);
  target = target.substr(0, target.find('#'));
  out.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  const bool bracketed = authority.starts_with('[');
  const auto end =
      bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (end == std::string_view::npos || authority.find('@') != std::string_view::npos) {
    return std::nullopt;
  }
  out.host = authority.substr(bracketed ? 1 : 0, bracketed ? end - 1 : end);
  authority.remove_prefix(bracketed ? end + 1 : end);
  if (!authority.empty() && !authority.starts_with(':')) return std::nullopt;
  out.port =
      authority.starts_with(':') ? std::string(authority.substr(1)) : (out.tls ? "443" : "80");
  const bool digits = !out.port.empty() && out.port.size() <= 5 &&
                      out.port.find_first_not_of("0123456789") == std::string::npos;
  if (out.host.empty() || !digits) return std::nullopt;
  return out;
}

Webhooks::Webhooks(EventLoop& loop, WebhookOptions options, gateway::LogSink log)
    : loop_(loop), options_(options), log_(std::move(log)) {}

void Webhooks::deliver(const gateway::Delivery& delivery, gateway::DeliveryDone done) {
  auto parsed = json::parse(delivery.payload_json);
  const json::object* payload = parsed ? parsed->if_object() : nullptr;
  const auto url = payload != nullptr ? parse_webhook_url(text_of(*payload, "url")) : std::nullopt;
  if (!url) return done({DeliveryResult::Kind::kGiveUp, "the sink's URL is none"});
  auto finished = [log = log_, id = delivery.id, done = std::move(done)](
                      const std::exception_ptr& broken, const DeliveryResult& result) {
    const DeliveryResult told = broken ? failed("delivering", "an internal error") : result;
    if (log && told.kind != DeliveryResult::Kind::kDelivered) {
      log(GW_LOG_INFO, "webhook", "delivery " + id + " failed: " + told.detail);
    }
    done(told);
  };
  asio::post(loop_.context(), [this, url = *url, request = make_request(*url, delivery, *payload),
                               finished = std::move(finished)]() mutable {
    asio::co_spawn(loop_.context(), post(std::move(url), std::move(request), options_.timeout),
                   std::move(finished));
  });
}

}  // namespace gateway_app
