// The HTTP interface of a running daemon, with the echo plugin.
#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "echo_gateway.hpp"

using test::Gateway;
using test::HttpClient;
using test::parse_json;

namespace {

constexpr const char* kRead = R"({"tool":"echo_read","args":{}})";

// What a browser sends for the user "me": the gateway's token as the password, and "nope".
constexpr const char* kGoodPassword = "Basic bWU6Z3dfdGVzdF90b2tlbg==";
constexpr const char* kWrongPassword = "Basic bWU6bm9wZQ==";

std::string code_of(const test::HttpReply& reply) {
  return parse_json(reply.body).at("error").at("code").as_string().c_str();
}

}  // namespace

TEST_CASE("tools: a call is answered in the envelope that existing clients read") {
  Gateway gateway(test::echo_options());
  gateway.start();
  HttpClient client = gateway.client();
  const auto reply =
      client.post("/tools/invoke", R"({"tool":"echo_echo","args":{"a":"ü"}})", gateway.bearer());
  REQUIRE(reply.has_value());
  CHECK(reply->status == 200);
  CHECK(reply->headers.at("content-type") == "application/json");
  CHECK_FALSE(reply->headers.at("x-request-id").empty());
  const auto body = parse_json(reply->body);
  CHECK(body.at("ok") == true);
  const auto& content = body.at("result").at("content").as_array();
  REQUIRE(content.size() == 1);
  CHECK(content[0].at("type") == "text");
  CHECK(parse_json(content[0].at("text").as_string().c_str()) == body.at("result").at("details"));

  CHECK(gateway.invoke("echo_count").details.at("count") == 1);
  CHECK(gateway.invoke("echo_count").details.at("count") == 2);
  const auto refusal = gateway.invoke("echo_refuse");
  CHECK(refusal.status == 200);
  CHECK(refusal.details.at("code").is_string());
}

TEST_CASE(
    "tools: every failure of the transport has its status, its code and leaves nothing behind") {
  Gateway gateway(test::echo_options());
  gateway.start();
  const auto bearer = gateway.bearer();
  const std::string count = R"({"tool":"echo_count","args":{}})";
  struct Case {
    const char* name;
    const char* method;
    const char* path;
    std::string body;
    test::HttpHeaders headers;
    int status;
    const char* code;
  };
  const Case cases[] = {
      {"not JSON", "POST", "/tools/invoke", "{", bearer, 400, "invalid_json"},
      {"no body", "POST", "/tools/invoke", "", bearer, 400, "invalid_json"},
      {"duplicate key", "POST", "/tools/invoke",
       R"({"tool":"echo_count","args":{"key":"a","key":"b"}})", bearer, 400, "invalid_json"},
      {"number too large", "POST", "/tools/invoke", R"({"tool":"echo_count","args":{"x":1e400}})",
       bearer, 400, "invalid_json"},
      {"bad UTF-8", "POST", "/tools/invoke",
       "{\"tool\":\"echo_count\",\"args\":{\"x\":\"\xc3\x28\"}}", bearer, 400, "invalid_json"},
      {"wrong shape", "POST", "/tools/invoke", R"({"tool":["echo_count"]})", bearer, 400,
       "invalid_request"},
      {"arguments no object", "POST", "/tools/invoke", R"({"tool":"echo_count","args":7})", bearer,
       400, "invalid_request"},
      {"no token", "POST", "/tools/invoke", count, {}, 401, "unauthorized"},
      {"wrong token",
       "POST",
       "/tools/invoke",
       count,
       {{"Authorization", "Bearer nope"}},
       401,
       "unauthorized"},
      {"unknown tool", "POST", "/tools/invoke", R"({"tool":"echo_cuont"})", bearer, 404,
       "unknown_tool"},
      {"a sweep is no tool", "POST", "/tools/invoke", R"({"tool":"tick"})", bearer, 404,
       "unknown_tool"},
      {"wrong method", "GET", "/tools/invoke", "", bearer, 405, "method_not_allowed"},
      {"wrong method for a page", "POST", "/healthz", "x", bearer, 405, "method_not_allowed"},
      {"unknown path", "GET", "/tools", "", bearer, 404, "not_found"},
      {"host operations are not here", "POST", "/host/plugins/list", "{}", bearer, 404,
       "not_found"},
      {"body over 1 MiB", "POST", "/tools/invoke", std::string((1u << 20) + 1, ' '), bearer, 413,
       "too_large"},
      {"header over 16 KiB",
       "GET",
       "/healthz",
       "",
       {{"X", std::string(17'000, 'x')}},
       413,
       "too_large"},
      {"metrics without token", "GET", "/metrics", "", {}, 401, "unauthorized"},
      {"the front page without token", "GET", "/", "", {}, 401, "unauthorized"},
      {"a browser's password for a tool",
       "POST",
       "/tools/invoke",
       count,
       {{"Authorization", kGoodPassword}},
       401,
       "unauthorized"},
      {"a wrong password for a page",
       "GET",
       "/",
       "",
       {{"Authorization", kWrongPassword}},
       401,
       "unauthorized"},
      {"status with an agent's token",
       "GET",
       "/status",
       "",
       {{"Authorization", "Bearer at_x"}},
       401,
       "unauthorized"},
  };
  for (const Case& c : cases) {
    CAPTURE(std::string(c.name));
    HttpClient client = gateway.client();
    const auto reply = client.request(c.method, c.path, c.body, c.headers);
    REQUIRE(reply.has_value());
    CHECK(reply->status == c.status);
    CHECK(code_of(*reply) == c.code);
    CHECK(parse_json(reply->body).at("ok") == false);
    if (c.status == 405) CHECK_FALSE(reply->headers.at("allow").empty());
  }
  CHECK(gateway.invoke("echo_read").details.at("count") == 0);
  CHECK(gateway.log().find(gateway.options().token) == std::string::npos);
}

TEST_CASE("tools: a body of exactly 1 MiB is read") {
  Gateway gateway(test::echo_options());
  gateway.start();
  std::string body = kRead;
  body.append((1u << 20) - body.size(), ' ');
  CHECK(gateway.client().post("/tools/invoke", body, gateway.bearer()).value().status == 200);
}

TEST_CASE("tools: agents come with their own token, as a bearer or as an argument") {
  Gateway gateway(test::echo_options());
  gateway.start();
  const auto as_bearer = Gateway::unwrap(
      gateway.client().post("/tools/invoke", R"({"tool":"echo_echo","args":{"a":1}})",
                            {{"Authorization", "Bearer at_1"}}));
  REQUIRE(as_bearer.has_value());
  CHECK(as_bearer->status == 200);
  CHECK(base::json::canonical(as_bearer->details).find("\"agent_token\":\"at_1\"") !=
        std::string::npos);
  const auto as_argument = gateway.client().post(
      "/tools/invoke", R"({"tool":"echo_count","args":{"agent_token":"at_1"}})");
  CHECK(as_argument.value().status == 200);
}

TEST_CASE("tools: many clients at once each get their own answer") {
  Gateway gateway(test::echo_options());
  gateway.start();
  constexpr int kClients = 8;
  constexpr int kCalls = 25;
  std::vector<int> good(kClients, 0);
  std::vector<std::thread> threads;
  for (int c = 0; c < kClients; ++c) {
    threads.emplace_back([&, c] {
      HttpClient client = gateway.client();
      for (int i = 0; i < kCalls; ++i) {
        const std::string key = std::to_string(c) + "-" + std::to_string(i);
        const auto reply = client.post(
            "/tools/invoke", "{\"tool\":\"echo_count\",\"args\":{\"key\":\"" + key + "\"}}",
            gateway.bearer());
        if (reply && reply->status == 200) ++good[static_cast<std::size_t>(c)];
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const int n : good) CHECK(n == kCalls);
  CHECK(gateway.invoke("echo_read").details.at("count") == kClients * kCalls);
}

TEST_CASE("pages: health and readiness are open, status and metrics need the token") {
  Gateway gateway(test::echo_options());
  gateway.start();
  CHECK(gateway.status_of("/healthz") == 200);
  CHECK(gateway.status_of("/readyz") == 200);
  gateway.invoke("echo_count");

  const auto status = gateway.client().get("/status", gateway.bearer());
  REQUIRE(status.has_value());
  const auto result = parse_json(status->body).at("result");
  CHECK(result.at("node").at("id") == "test-node");
  CHECK(result.at("node").at("tier") == "backbone");
  CHECK(result.at("ready") == true);
  CHECK(result.at("port") == gateway.port());
  CHECK(result.at("pid") == gateway.process().pid());
  CHECK(result.at("plugin").at("version") == "1.0.0");
  CHECK(result.at("plugin").at("state") == "active");
  CHECK(result.at("store").at("engine") == "sqlite");
  CHECK(result.at("calls").at("byTool").at("echo_count").at("total") == 1);

  const auto metrics = gateway.client().get("/metrics", gateway.bearer());
  REQUIRE(metrics.has_value());
  CHECK(metrics->headers.at("content-type").rfind("text/plain", 0) == 0);
  for (const char* line :
       {"gateway_ready 1\n", "gateway_calls_total{tool=\"echo_count\",outcome=\"ok\"} 1\n",
        "role=\"active\",version=\"1.0.0\"", "process_resident_memory_bytes "}) {
    CAPTURE(line);
    CHECK(metrics->body.find(line) != std::string::npos);
  }

  const auto locked = gateway.client().get("/");
  REQUIRE(locked.has_value());
  CHECK(locked->headers.at("www-authenticate") == "Bearer, Basic realm=\"openclawd\"");
  const auto page = gateway.client().get("/", {{"Authorization", kGoodPassword}});
  REQUIRE(page.has_value());
  CHECK(page->status == 200);
  CHECK(page->body.find("test-node") != std::string::npos);
  CHECK(page->body.find("<script") == std::string::npos);
}
