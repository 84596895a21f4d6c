// The four rows of "Who acts" (domain.md), over HTTP.
#include <doctest/doctest.h>

#include "e2e/installation.hpp"

using e2e::Installation;
using e2e::Options;
using e2e::text_of;
namespace json = base::json;

namespace {

std::string code_of(const json::object& reply) { return text_of(json::value(reply), "code"); }
int http_status(const json::object& reply) {
  const json::value* status = reply.if_contains("httpStatus");
  return status == nullptr ? 200 : static_cast<int>(status->as_int64());
}

// Who a call is taken for: the owner of the inbox that is read without naming one.
std::string actor(const Installation& gw, const json::object& args,
                  const test::HttpHeaders& headers) {
  const json::object reply = gw.invoke("ansible_read_messages", args, headers);
  INFO(json::canonical(json::value(reply)));
  REQUIRE(http_status(reply) == 200);
  REQUIRE(code_of(reply) == "");
  return text_of(json::value(reply), "agent");
}

std::string created_by(const Installation& gw, const json::object& delegated) {
  const std::string id = text_of(json::value(delegated), "taskId");
  const json::object dump = gw.invoke("ansible_dump_tasks", {});
  for (const json::value& item : dump.at("items").as_array()) {
    if (text_of(item, "id") == id) return text_of(item.at("value"), "createdBy_agent");
  }
  return "no such task: " + json::canonical(json::value(delegated));
}

json::object delegation(const json::object& more = {}) {
  json::object args{{"title", "t"}, {"description", "d"}, {"assignedTo", "worker"}};
  for (const auto& member : more) args[member.key()] = member.value();
  return args;
}

}  // namespace

TEST_CASE(
    "WHO-1: the gateway's token with nobody named is the operator: the node, with admin rights") {
  const Installation gw;
  gw.start();
  CHECK(actor(gw, {}, gw.operator_bearer()) == "node-e2e");
  gw.agent("worker");  // registering is administration
  CHECK(created_by(gw, gw.invoke("ansible_delegate_task", delegation())) == "node-e2e");
  CHECK(code_of(gw.invoke("ansible_dump_tasks", {})) == "");
}

TEST_CASE("WHO-2: the gateway's token and a name acts as that agent, with its rights only") {
  const Installation gw;
  gw.start();
  gw.agent("worker");
  gw.agent("outside", "external");
  CHECK(actor(gw, {{"agent", "worker"}}, gw.operator_bearer()) == "worker");
  CHECK(actor(gw, {{"agent", "outside"}}, gw.operator_bearer()) == "outside");  // mixed
  CHECK(created_by(gw, gw.invoke("ansible_delegate_task",
                                 delegation({{"from_agent", "worker"}}))) == "worker");
  CHECK(code_of(gw.invoke("ansible_dump_tasks", {{"from_agent", "worker"}})) == "not_authorized");
  CHECK(code_of(gw.invoke("ansible_dump_tasks", {{"from_agent", "architect"}})) == "");
  CHECK(code_of(gw.invoke("ansible_dump_tasks", {{"from_agent", "admin"}})) == "");  // WHO-5
  CHECK(code_of(gw.invoke("ansible_status", {{"from_agent", "nobody"}})) == "not_authorized");

  // An agent of another gateway is not ours to speak for.
  REQUIRE(code_of(gw.invoke(
              "ansible_register_agent",
              {{"agent_id", "far"}, {"type", "internal"}, {"gateway", "node-far"}})) == "");
  const json::object far = gw.invoke("ansible_status", {{"from_agent", "far"}});
  CHECK(code_of(far) == "invalid_token");
  CHECK(text_of(json::value(far), "error").find("agent_token is required") != std::string::npos);
}

TEST_CASE("WHO-2: with authMode token-required a name is never enough, in legacy always") {
  Options options;
  options.plugin_config = R"("authMode":"token-required")";
  const Installation strict(options);
  strict.start();
  const std::string token = strict.agent("worker");
  const json::object named = strict.invoke("ansible_status", {{"from_agent", "worker"}});
  CHECK(code_of(named) == "invalid_token");
  CHECK(text_of(json::value(named), "error").find("agent_token is required") != std::string::npos);
  CHECK(actor(strict, {{"agent_token", token}}, strict.operator_bearer()) == "worker");
  CHECK(actor(strict, {}, strict.operator_bearer()) == "node-e2e");

  options.plugin_config = R"("authMode":"legacy")";
  const Installation legacy(options);
  legacy.start();
  REQUIRE(code_of(legacy.invoke(
              "ansible_register_agent",
              {{"agent_id", "far"}, {"type", "internal"}, {"gateway", "node-far"}})) == "");
  CHECK(actor(legacy, {{"agent", "far"}}, legacy.operator_bearer()) == "far");
}

TEST_CASE("WHO-3: an agent's token is that agent and nothing more, as argument or as bearer") {
  const Installation gw;
  gw.start();
  const std::string token = gw.agent("worker");
  CHECK(actor(gw, {}, Installation::bearer(token)) == "worker");
  CHECK(actor(gw, {{"agent_token", token}}, {}) == "worker");  // needs no bearer
  CHECK(actor(gw, {{"agent_token", token}}, gw.operator_bearer()) == "worker");
  CHECK(actor(gw, {{"agent", "worker"}}, Installation::bearer(token)) == "worker");
  CHECK(created_by(gw, gw.invoke("ansible_delegate_task", delegation(),
                                 Installation::bearer(token))) == "worker");

  for (const auto& headers : {Installation::bearer(token), test::HttpHeaders{}}) {
    json::object args{{"from_agent", "architect"}};
    if (headers.empty()) args["agent_token"] = token;
    CHECK(code_of(gw.invoke("ansible_status", args, headers)) == "invalid_argument");
    args.erase("from_agent");
    CHECK(code_of(gw.invoke("ansible_dump_tasks", args, headers)) == "not_authorized");
    args["agent_id"] = "more";
    CHECK(code_of(gw.invoke("ansible_register_agent", args, headers)) == "not_authorized");
  }
  // Pages of the gateway are the operator's.
  auto client = test::HttpClient::tcp(gw.port());
  for (const char* page : {"/status", "/metrics"}) {
    CHECK(client.get(page, Installation::bearer(token))->status == 401);
    CHECK(client.get(page, gw.operator_bearer())->status == 200);
  }
}

TEST_CASE("WHO-3: a bad token is 401 as bearer and a refusal in the reply as argument") {
  const Installation gw;
  gw.start();
  const std::string old_token = gw.agent("worker");
  const std::string token = text_of(
      json::value(gw.invoke("ansible_issue_agent_token", {{"agent_id", "worker"}})), "agent_token");
  REQUIRE(actor(gw, {}, Installation::bearer(token)) == "worker");
  for (const std::string& bad : {std::string("at_"), old_token, "at_" + std::string(48, '0'),
                                 token + "0", token.substr(0, 50)}) {
    CAPTURE(bad);
    const json::object by_bearer = gw.invoke("ansible_status", {}, Installation::bearer(bad));
    CHECK(http_status(by_bearer) == 401);
    CHECK(code_of(by_bearer) == "invalid_token");
    const json::object by_argument = gw.invoke("ansible_status", {{"agent_token", bad}}, {});
    CHECK(http_status(by_argument) == 200);
    CHECK(code_of(by_argument) == "invalid_token");
  }
  // A disabled agent is known, but acts nowhere (WHO-6).
  REQUIRE(code_of(gw.invoke("ansible_disable_agent", {{"agent_id", "worker"}})) == "");
  CHECK(code_of(gw.invoke("ansible_status", {}, Installation::bearer(token))) == "agent_disabled");
  CHECK(code_of(gw.invoke("ansible_status", {{"from_agent", "worker"}})) == "agent_disabled");
}

TEST_CASE("WHO-4: without a token, or with a wrong one, nobody acts") {
  const Installation gw;
  gw.start();
  const std::string body = R"({"tool":"ansible_status","args":{}})";
  const std::vector<test::HttpHeaders> nobodies = {
      {},
      Installation::bearer("wrong"),
      Installation::bearer(std::string(Installation::kToken) + "x"),
      Installation::bearer(std::string(Installation::kToken).substr(1)),
      {{"Authorization", "Bearer"}},
      {{"Authorization", std::string("Basic ") + Installation::kToken}},
      {{"Authorization", Installation::kToken}}};
  for (const test::HttpHeaders& headers : nobodies) {
    const test::HttpReply reply = gw.post(body, headers);
    CAPTURE(reply.body);
    CHECK(reply.status == 401);
    CHECK(text_of(test::parse_json(reply.body).at("error"), "code") == "unauthorized");
  }
  // Naming an agent is no credential, an empty or wrong-typed token none either.
  for (const char* args : {R"({"from_agent":"architect"})", R"({"agent_token":""})",
                           R"({"agent_token":null})", R"({"agent_token":7})"}) {
    const std::string named = std::string(R"({"tool":"ansible_status","args":)") + args + "}";
    CHECK(gw.post(named, {}).status == 401);
  }
  // A wrong bearer is refused even when a good token is in the arguments.
  const std::string token = gw.agent("worker");
  CHECK(http_status(gw.invoke("ansible_status", {{"agent_token", token}},
                              Installation::bearer("wrong"))) == 401);
}

TEST_CASE("WHO-8: replies and dumps never contain a token or its hash") {
  const Installation gw;
  gw.start();
  const std::string token = gw.agent("worker");
  for (const char* tool : {"ansible_list_agents", "ansible_status", "ansible_get_coordination",
                           "ansible_dump_tasks"}) {
    const std::string reply = json::canonical(json::value(gw.invoke(tool, {})));
    CHECK(reply.find(token) == std::string::npos);
    CHECK(reply.find("tokenHash") == std::string::npos);
    CHECK(reply.find("\"hash\"") == std::string::npos);
  }
  // Not in the log either.
  gw.invoke("ansible_status", {{"agent_token", token}}, {});
  CHECK(test::read_file(gw.state_dir() + "/gateway.log").find(token) == std::string::npos);
  CHECK(test::read_file(gw.state_dir() + "/gateway.log").find(Installation::kToken) ==
        std::string::npos);
}
