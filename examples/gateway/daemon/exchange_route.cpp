#include "daemon/exchange_route.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "base/json.hpp"
#include "daemon/tool_route.hpp"

namespace gateway_app {
namespace {

namespace json = base::json;
using gateway::Outcome;
using gateway::Request;

constexpr std::size_t kLargestBody = 16'384;
constexpr const char* kTool = "ansible_exchange_ws_ticket";

struct Member {
  std::string_view name;  // in the body
  std::string_view argument;
  bool required;
};

constexpr std::array<Member, 6> kMembers = {{
    {"inviteToken", "invite_token", true},
    {"nodeId", "node_id", true},
    {"nonce", "nonce", true},
    {"publicKey", "public_key", false},
    {"signature", "signature", false},
    {"ttlSeconds", "ttl_seconds", false},
}};

// How the plugin's refusals look to a node (reference 6.1).
struct Refusal {
  std::string_view code;
  unsigned status;
  std::string_view error;
  bool reason_is_code;  // else the text
};

constexpr Refusal kRefusals[] = {
    {"replay_detected", 409, "replay_detected", true},
    {"node_proof_invalid", 401, "node_proof_invalid", true},
    {"invalid_token", 401, "exchange_failed", true},
    {"expired_token", 401, "exchange_failed", true},
    {"node_mismatch", 403, "exchange_failed", true},
    {"invalid_argument", 400, "invalid_request", false},
};

std::string text_in(const json::value& from, std::string_view name) {
  const json::value* member = json::find(from, name);
  return member != nullptr && member->is_string() ? std::string(member->get_string()) : "";
}

HttpResponse granted(const json::value& reply, const std::string& path) {
  json::object body{{"exchangePath", path}};
  for (const char* name : {"ticket", "expiresAt", "nodeId", "proofRequired"}) {
    const json::value* member = json::find(reply, name);
    if (member == nullptr) {
      return error_response("internal", fmt::format("the plugin's reply has no {}", name));
    }
    body[name] = *member;
  }
  HttpResponse response;
  response.body = json::canonical(body);
  return response;
}

HttpResponse refused(const json::value& reply) {
  const std::string code = text_in(reply, "code");
  for (const Refusal& known : kRefusals) {
    if (known.code != code) continue;
    std::string reason = known.reason_is_code ? text_in(reply, "reason") : text_in(reply, "error");
    return exchange_refusal(known.status, known.error, reason.empty() ? code : reason);
  }
  return exchange_refusal(403, "exchange_failed", code);
}

HttpResponse rate_limited(std::int64_t seconds) {
  HttpResponse response;
  response.status = 429;
  response.body =
      json::canonical(json::object{{"error", "rate_limited"}, {"retryAfterSeconds", seconds}});
  response.headers.emplace_back("Retry-After", std::to_string(seconds));
  return response;
}

}  // namespace

HttpResponse exchange_refusal(unsigned status, std::string_view error, std::string_view reason) {
  json::object body{{"error", error}};
  if (!reason.empty()) body["reason"] = reason;
  HttpResponse response;
  response.status = status;
  response.body = json::canonical(body);
  return response;
}

std::variant<json::object, HttpResponse> parse_exchange(const std::string& body) {
  if (body.size() > kLargestBody) {
    return exchange_refusal(400, "invalid_json", "request_too_large");
  }
  auto parsed = json::parse(body);
  if (!parsed) {
    return exchange_refusal(
        400, "invalid_json",
        fmt::format("{} at byte {}", parsed.error().message, parsed.error().offset));
  }
  if (!parsed->is_object()) {
    return exchange_refusal(400, "invalid_json", "expected an object");
  }
  return std::move(*parsed).get_object();
}

std::variant<Request, HttpResponse> read_exchange(const json::object& body) {
  json::object args;
  for (const Member& member : kMembers) {
    const json::value* value = body.if_contains(member.name);
    const bool given = value != nullptr && !value->is_null();
    const bool blank = given && value->is_string() && value->get_string().empty();
    if (member.required && (!given || blank)) {
      return exchange_refusal(400, "invalid_request", fmt::format("{} is required", member.name));
    }
    if (given) args[member.argument] = *value;
  }
  Request request;
  request.name = kTool;
  request.caller_kind = GW_CALLER_HOST;
  request.args_json = json::canonical(args);
  return request;
}

HttpResponse exchange_response(const Outcome& outcome, const std::string& path) {
  if (outcome.kind != Outcome::Kind::kReply) return tool_response(outcome, kTool, false);
  const auto reply = json::parse(outcome.body);
  if (!reply) return error_response("internal", "the plugin's reply is not JSON");
  return outcome.status == GW_OK ? granted(*reply, path) : refused(*reply);
}

void ExchangeRoute::configure(AuthGateConfig config) {
  const std::lock_guard lock(mutex_);
  config_ = std::move(config);
}

AuthGateConfig ExchangeRoute::config() const {
  const std::lock_guard lock(mutex_);
  return config_;
}

bool ExchangeRoute::answers(std::string_view path) const {
  const std::lock_guard lock(mutex_);
  return config_.enabled && config_.port == 0 && path == config_.exchange_path;
}

void ExchangeRoute::answer(Runtime& runtime, const HttpRequest& http, const HttpReply& reply) {
  const AuthGateConfig config = this->config();
  if (!config.enabled || http.path != config.exchange_path || http.method != "POST") {
    return reply(exchange_refusal(404, "not_found"));
  }
  const auto body = parse_exchange(http.body);
  if (const auto* refusal = std::get_if<HttpResponse>(&body)) return reply(*refusal);
  const std::int64_t wait = limit_.refused_for(http.address, config.rate_limit_max,
                                               std::chrono::seconds(config.rate_limit_window),
                                               std::chrono::steady_clock::now());
  if (wait > 0) return reply(rate_limited(wait));
  auto read = read_exchange(std::get<json::object>(body));
  if (const auto* refusal = std::get_if<HttpResponse>(&read)) return reply(*refusal);
  if (runtime.stopping) return reply(error_response("shutting_down", "the gateway is stopping"));
  const auto host = runtime.host();
  if (!host) return reply(error_response("plugin_unavailable", runtime.why_no_host()));
  Request& request = std::get<Request>(read);
  request.client = "exchange:" + http.address;
  host->call(std::move(request), [reply, path = config.exchange_path](const Outcome& outcome) {
    reply(exchange_response(outcome, path));
  });
}

HttpHandler ExchangeRoute::handler(Runtime& runtime) {
  return [this, &runtime](const HttpRequest& request, const HttpReply& reply) {
    answer(runtime, request, reply);
  };
}

}  // namespace gateway_app
