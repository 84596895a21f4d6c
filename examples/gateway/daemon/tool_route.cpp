#include "daemon/tool_route.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/nearest.hpp"
#include "daemon/credential.hpp"

namespace gateway_app {
namespace {

namespace json = base::json;
using gateway::Outcome;
using gateway::Request;

constexpr std::string_view kAgentTokenArgument = "agent_token";
constexpr long long kRetryExpiredMs =
    1000;  // the queue was slower than the deadline: give it a moment

// "tool" and "args", and what existing clients send beside them without effect on us.
HttpResponse unknown_member(std::string_view key) {
  const std::string near = base::nearest(key, {"tool", "args"});
  return error_response(
      "invalid_request",
      fmt::format("unknown member \"{}\"; expected {{\"tool\": name, \"args\": object}}{}", key,
                  near.empty() ? "" : "; did you mean \"" + near + "\"?"));
}

struct Body {
  std::string tool;
  json::object args;
};

std::variant<Body, HttpResponse> read_body(const std::string& text) {
  auto parsed = json::parse(text);
  if (!parsed) {
    const json::ParseError& e = parsed.error();
    return error_response("invalid_json",
                          fmt::format("the body is not valid JSON: {} at byte {}{}", e.message,
                                      e.offset, e.pointer.empty() ? "" : " (" + e.pointer + ")"));
  }
  json::object* root = parsed->if_object();
  if (root == nullptr) {
    return error_response("invalid_request",
                          "expected an object {\"tool\": name, \"args\": object}");
  }
  Body body;
  for (auto& member : *root) {
    const std::string_view key(member.key().data(), member.key().size());
    if (key == "tool") {
      if (const auto* name = member.value().if_string())
        body.tool.assign(name->data(), name->size());
    } else if (key == "args") {
      if (member.value().is_null()) continue;  // counts as absent, like any argument
      json::object* args = member.value().if_object();
      if (args == nullptr) {
        return error_response("invalid_request", "args: expected an object");
      }
      body.args = std::move(*args);
    } else if (key != "action" && key != "sessionKey") {
      return unknown_member(key);
    }
  }
  if (body.tool.empty()) {
    return error_response("invalid_request", "tool: expected the name of a tool, a string");
  }
  return body;
}

bool names_token(const json::object& args) {
  const json::value* member = args.if_contains(kAgentTokenArgument);
  return member != nullptr && !member->is_null();
}

// The agent's token of the arguments; empty when there is none.
std::string agent_token_of(const json::object& args) {
  const json::value* member = args.if_contains(kAgentTokenArgument);
  const auto* text = member == nullptr ? nullptr : member->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

HttpResponse wrap(const Outcome& outcome) {
  return ok_response(fmt::format(R"({{"content":[{{"type":"text","text":{}}}],"details":{}}})",
                                 json::canonical(json::value(outcome.body)), outcome.body));
}

bool refused_with(const Outcome& outcome, std::string_view code) {
  if (outcome.status == GW_OK) return false;
  const auto reply = json::parse(outcome.body);
  const json::value* member = reply ? json::find(*reply, "code") : nullptr;
  return member != nullptr && member->is_string() && member->get_string() == code;
}

// By which the log, and whoever reads it, finds the call again.
std::string request_id(const Outcome& outcome) {
  if (outcome.request_id.empty()) return {};
  return "\"requestId\":" + json::canonical(json::value(outcome.request_id));
}

HttpResponse storage_response(const Outcome& outcome) {
  if (outcome.status == GW_TOO_LARGE) return error_response("too_large", outcome.message);
  return error_response("storage_unavailable", outcome.message);
}

}  // namespace

std::variant<Request, HttpResponse> read_tool_request(const Runtime& runtime,
                                                      const HttpRequest& http) {
  const Bearer bearer = read_bearer(runtime, http.authorization);
  if (bearer.kind == Bearer::Kind::kWrong) return unauthorized_response(runtime, bearer);
  auto read = read_body(http.body);
  if (auto* refusal = std::get_if<HttpResponse>(&read)) return std::move(*refusal);
  Body& body = std::get<Body>(read);
  const std::string argument = agent_token_of(body.args);
  if (bearer.kind == Bearer::Kind::kNone && argument.empty()) {
    return unauthorized_response(runtime, bearer);
  }
  if (bearer.kind == Bearer::Kind::kAgent) {
    if (names_token(body.args) && argument != bearer.agent_token) {
      return error_response("invalid_request",
                            "args.agent_token: expected the token of the bearer, got something "
                            "else; leave one of them out");
    }
    body.args[kAgentTokenArgument] = bearer.agent_token;
  }
  Request request;
  request.name = body.tool;
  request.caller_kind =
      bearer.kind == Bearer::Kind::kOperator ? GW_CALLER_OPERATOR : GW_CALLER_ANONYMOUS;
  const std::string agent = agent_token_of(body.args);
  request.client = agent.empty() ? http.connection : "agent:" + fingerprint(agent);
  request.args_json = json::canonical(body.args);
  return request;
}

HttpResponse tool_response(const Outcome& outcome, const std::string& tool, bool agent_bearer) {
  switch (outcome.kind) {
    case Outcome::Kind::kReply:
      if (agent_bearer && refused_with(outcome, "invalid_token")) {
        return error_response("invalid_token", "the agent's token is unknown, expired or replaced");
      }
      return wrap(outcome);
    case Outcome::Kind::kUnknownName:
      return error_response("unknown_tool", fmt::format("no tool is called \"{}\"", tool));
    case Outcome::Kind::kNoPlugin:
      return error_response("plugin_unavailable", outcome.message);
    case Outcome::Kind::kOverloaded:
      return overloaded_response(outcome.message, outcome.retry_after_ms);
    case Outcome::Kind::kExpired:
      return overloaded_response(outcome.message, kRetryExpiredMs);
    case Outcome::Kind::kUnknown:
      return error_response("outcome_unknown", outcome.message, request_id(outcome));
    case Outcome::Kind::kShuttingDown:
      return error_response("shutting_down", outcome.message);
    case Outcome::Kind::kStorage:
      return storage_response(outcome);
    case Outcome::Kind::kInternal:
      break;
  }
  return error_response("internal", outcome.message, request_id(outcome));
}

void invoke_tool(Runtime& runtime, const HttpRequest& http, const HttpReply& reply) {
  auto read = read_tool_request(runtime, http);
  if (auto* refusal = std::get_if<HttpResponse>(&read)) return reply(std::move(*refusal));
  if (runtime.stopping) return reply(error_response("shutting_down", "the gateway is stopping"));
  const auto host = runtime.host();
  if (!host) return reply(error_response("plugin_unavailable", runtime.why_no_host()));
  Request& request = std::get<Request>(read);
  const std::string tool = request.name;
  const bool agent_bearer = read_bearer(runtime, http.authorization).kind == Bearer::Kind::kAgent;
  host->call(std::move(request), [&runtime, reply, tool, agent_bearer](const Outcome& outcome) {
    const bool none = outcome.kind == Outcome::Kind::kNoPlugin;
    const std::string why = none ? why_not_ready(runtime) : std::string();
    HttpResponse response = why.empty() ? tool_response(outcome, tool, agent_bearer)
                                        : error_response("plugin_unavailable", why);
    if (!outcome.request_id.empty()) {
      response.headers.emplace_back("X-Request-Id", outcome.request_id);
    }
    reply(std::move(response));
  });
}

}  // namespace gateway_app
