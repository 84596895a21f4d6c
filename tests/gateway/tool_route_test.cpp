// How requests become calls and outcomes become answers, without a network.
#include "daemon/tool_route.hpp"

#include <doctest/doctest.h>

#include "base/json.hpp"
#include "daemon/exchange_route.hpp"
#include "daemon/inbox_feed.hpp"

using namespace gateway_app;
using gateway::Outcome;
using gateway::Request;

namespace {

Runtime& runtime() {
  static Runtime instance{Facts{}};
  instance.set_token("gw_secret");
  return instance;
}

std::variant<Request, HttpResponse> read(const std::string& authorization,
                                         const std::string& body) {
  HttpRequest http;
  http.method = "POST";
  http.authorization = authorization;
  http.body = body;
  http.connection = "c1";
  return read_tool_request(runtime(), http);
}

Request accepted(const std::string& authorization, const std::string& body) {
  auto result = read(authorization, body);
  const auto* refusal = std::get_if<HttpResponse>(&result);
  REQUIRE_MESSAGE(refusal == nullptr, refusal->body);
  return std::get<Request>(result);
}

// "401 unauthorized"
std::string summary(const HttpResponse& response) {
  const auto body = base::json::parse(response.body);
  REQUIRE(body.ok());
  return std::to_string(response.status) + " " + body->at("error").at("code").as_string().c_str();
}

std::string refused(const std::string& authorization, const std::string& body) {
  auto result = read(authorization, body);
  REQUIRE(std::holds_alternative<HttpResponse>(result));
  return summary(std::get<HttpResponse>(result));
}

constexpr const char* kCall = R"({"tool":"t","args":{"x":1}})";
constexpr const char* kOperator = "Bearer gw_secret";

Outcome outcome_of(Outcome::Kind kind, gw_status status = GW_OK) {
  Outcome outcome;
  outcome.kind = kind;
  outcome.status = status;
  outcome.message = "why";
  return outcome;
}

}  // namespace

TEST_CASE("who asks: the gateway's token is the operator") {
  const Request request = accepted(kOperator, kCall);
  CHECK(request.caller_kind == GW_CALLER_OPERATOR);
  CHECK(request.name == "t");
  CHECK(request.args_json == R"({"x":1})");
  CHECK(request.client == "c1");
  CHECK(accepted("bearer   gw_secret ", kCall).caller_kind == GW_CALLER_OPERATOR);
}

TEST_CASE(
    "who asks: an agent's bearer becomes an argument, and it is nobody until the plugin says") {
  const Request request = accepted("Bearer at_abc", kCall);
  CHECK(request.caller_kind == GW_CALLER_ANONYMOUS);
  CHECK(request.args_json == R"({"agent_token":"at_abc","x":1})");
  CHECK(request.client.rfind("agent:", 0) == 0);
  CHECK(request.client.find("at_abc") == std::string::npos);
}

TEST_CASE("who asks: an agent_token among the arguments needs no bearer") {
  const Request request = accepted("", R"({"tool":"t","args":{"agent_token":"at_abc"}})");
  CHECK(request.caller_kind == GW_CALLER_ANONYMOUS);
  CHECK(request.args_json == R"({"agent_token":"at_abc"})");
}

TEST_CASE("who asks: the operator may pass an agent's token on") {
  const Request request = accepted(kOperator, R"({"tool":"t","args":{"agent_token":"at_abc"}})");
  CHECK(request.caller_kind == GW_CALLER_OPERATOR);
  CHECK(request.args_json == R"({"agent_token":"at_abc"})");
}

TEST_CASE("who asks: anything else is 401") {
  for (const char* authorization :
       {"", "Bearer", "Bearer wrong", "Bearer gw_secre", "Basic gw_secret", "gw_secret",
        "Bearer gw_secret x", "Bearer AT_abc"}) {
    CAPTURE(authorization);
    CHECK(refused(authorization, kCall) == "401 unauthorized");
  }
  CHECK(refused("", R"({"tool":"t","args":{"agent_token":""}})") == "401 unauthorized");
  CHECK(refused("", R"({"tool":"t","args":{"agent_token":7}})") == "401 unauthorized");
  CHECK(refused("Bearer wrong", R"({"tool":"t","args":{"agent_token":"at_abc"}})") ==
        "401 unauthorized");
  CHECK(refused("Bearer wrong", "not json") == "401 unauthorized");
}

TEST_CASE("who asks: a bearer and an argument that name two tokens is a mistake") {
  CHECK(refused("Bearer at_abc", R"({"tool":"t","args":{"agent_token":"at_def"}})") ==
        "400 invalid_request");
  CHECK(refused("Bearer at_abc", R"({"tool":"t","args":{"agent_token":5}})") ==
        "400 invalid_request");
  CHECK(refused("Bearer at_abc", R"({"tool":"t","args":{"agent_token":""}})") ==
        "400 invalid_request");
  for (const char* token : {R"("at_abc")", "null"}) {  // null counts as absent (ARG-1)
    const std::string body = std::string(R"({"tool":"t","args":{"agent_token":)") + token + "}}";
    CHECK(accepted("Bearer at_abc", body).args_json == R"({"agent_token":"at_abc"})");
  }
}

TEST_CASE("the body: what is not strict JSON is invalid_json") {
  const std::string bodies[] = {
      "",
      "{",
      "{\"tool\":\"t\",}",
      "{\"tool\":\"t\",\"tool\":\"u\"}",
      "{\"tool\":\"t\",\"args\":{\"a\":1,\"a\":2}}",
      "{\"tool\":\"t\",\"args\":{\"a\":1e999}}",
      "{\"tool\":\"t\",\"args\":{\"a\":NaN}}",
      "{\"tool\":\"t\",\"args\":{\"a\":\"\xff\"}}",
      "{\"tool\":\"t\",\"args\":{\"a\":\"\\ud800\"}}",
      "{\"tool\":\"t\"} x",
      "{\"tool\":\"t\"} // comment",
      "{\"tool\":\"t\",\"args\":{\"a\":" + std::string(64, '[') + std::string(64, ']') + "}}"};
  for (const std::string& body : bodies) {
    CAPTURE(body);
    CHECK(refused(kOperator, body) == "400 invalid_json");
  }
}

TEST_CASE("the body: JSON of another shape is invalid_request") {
  for (const char* body :
       {"[]", "7", "null", "{}", R"({"tool":7})", R"({"tool":""})", R"({"tool":"t","args":[]})",
        R"({"tool":"t","args":7})", R"({"tool":"t","argz":{}})", R"({"tool":"t","dryRun":true})"}) {
    CAPTURE(body);
    CHECK(refused(kOperator, body) == "400 invalid_request");
  }
  CHECK(accepted(kOperator, R"({"tool":"t"})").args_json == "{}");
  CHECK(accepted(kOperator, R"({"tool":"t","args":null})").args_json == "{}");  // ARG-1
  CHECK(accepted(kOperator, R"({"tool":"t","args":{},"action":"json","sessionKey":"main"})").name ==
        "t");
}

TEST_CASE("the answer: a reply is wrapped as text and as details, a refusal of the tool too") {
  Outcome outcome = outcome_of(Outcome::Kind::kReply);
  outcome.body = R"({"a":"\"ü\""})";
  HttpResponse response = tool_response(outcome, "t", false);
  CHECK(response.status == 200);
  CHECK(response.body ==
        R"({"ok":true,"result":{"content":[{"type":"text","text":"{\"a\":\"\\\"ü\\\"\"}"}],)"
        R"("details":{"a":"\"ü\""}}})");
  outcome.status = GW_REFUSED;
  outcome.body = R"({"error":"no","code":"overloaded"})";
  response = tool_response(outcome, "t", true);
  CHECK(response.status == 200);
  CHECK(response.body.find(R"("details":{"error":"no","code":"overloaded"})") != std::string::npos);
}

TEST_CASE("the answer: invalid_token is 401 for a bearer and 200 for an argument") {
  Outcome outcome = outcome_of(Outcome::Kind::kReply, GW_REFUSED);
  outcome.body = R"({"error":"no","code":"invalid_token"})";
  CHECK(summary(tool_response(outcome, "t", true)) == "401 invalid_token");
  CHECK(tool_response(outcome, "t", false).status == 200);
}

TEST_CASE("the answer: every way a call can end has its status") {
  const auto ends = [](Outcome::Kind kind, gw_status status = GW_INTERNAL) {
    return summary(tool_response(outcome_of(kind, status), "t", false));
  };
  CHECK(ends(Outcome::Kind::kUnknownName) == "404 unknown_tool");
  CHECK(ends(Outcome::Kind::kNoPlugin) == "503 plugin_unavailable");
  CHECK(ends(Outcome::Kind::kOverloaded) == "429 overloaded");
  CHECK(ends(Outcome::Kind::kExpired) == "429 overloaded");
  CHECK(ends(Outcome::Kind::kUnknown) == "504 outcome_unknown");
  CHECK(ends(Outcome::Kind::kShuttingDown) == "503 shutting_down");
  CHECK(ends(Outcome::Kind::kStorage, GW_NO_SPACE) == "503 storage_unavailable");
  CHECK(ends(Outcome::Kind::kStorage, GW_CORRUPT) == "503 storage_unavailable");
  CHECK(ends(Outcome::Kind::kStorage, GW_TOO_LARGE) == "413 too_large");
  CHECK(ends(Outcome::Kind::kInternal) == "500 internal");
  Outcome unknown = outcome_of(Outcome::Kind::kUnknown);
  unknown.request_id = "r1";
  CHECK(tool_response(unknown, "t", false).body.find("\"requestId\":\"r1\"") != std::string::npos);
  Outcome full = outcome_of(Outcome::Kind::kOverloaded);
  full.retry_after_ms = 2500;
  const HttpResponse response = tool_response(full, "t", false);
  CHECK(response.headers.at(0) == std::pair<std::string, std::string>("Retry-After", "3"));
  CHECK(response.body.find("\"retryAfterMs\":2500") != std::string::npos);
}

TEST_CASE("route: a reply of another shape is the gateway's error, not its end") {
  Outcome reply;
  reply.kind = Outcome::Kind::kReply;
  reply.status = GW_OK;
  for (const char* body : {"{}", "[]", "7", R"({"ticket":"t","expiresAt":1,"nodeId":"n"})"}) {
    CAPTURE(body);
    reply.body = body;
    CHECK(summary(exchange_response(reply, "/x")) == "500 internal");
  }
  reply.body = R"({"ticket":"t","expiresAt":1,"nodeId":"n","proofRequired":false})";
  CHECK(exchange_response(reply, "/x").status == 200);
}

TEST_CASE("route: events become a stream, unless one has no id or type") {
  const auto text = [](const char* events) {
    return event_stream_text(base::json::parse(events)->as_array());
  };
  CHECK(text(R"([{"id":"i/1","type":"task"}])") ==
        "id: i/1\nevent: task\ndata: {\"id\":\"i/1\",\"type\":\"task\"}\n\n");
  for (const char* events : {R"([{}])", R"([7])", R"([{"id":1,"type":"task"}])",
                             R"([{"id":"a","type":"t"},{"id":"b"}])"}) {
    CHECK_FALSE(text(events).has_value());
  }
}
