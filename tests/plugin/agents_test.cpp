#include <doctest/doctest.h>

#include "actors/agent_store.hpp"
#include "core/fields.hpp"
#include "plugin/support/world.hpp"

using ansible::CallerKind;
using namespace ansible_test;

namespace {

// Delegates to `assignee` as the operator; returns the task's id.
std::string task_for(World& world, std::string_view assignee) {
  return std::string(world
                         .ok("ansible_delegate_task",
                             {{"title", "t"}, {"description", "d"}, {"assignedTo", assignee}})
                         .at("taskId")
                         .as_string());
}

}  // namespace

TEST_CASE("WHO-1: the operator with nobody named acts as the node and may administer") {
  World world;
  const auto reply = world.ok("ansible_register_agent", {{"agent_id", "builder"}});
  CHECK(reply.at("agent_token").as_string().starts_with("at_"));
  CHECK(reply.at("agent_token").as_string().size() == 3 + 48);
  const auto sent = world.ok("ansible_send_message", {{"content", "hi"}, {"to", "builder"}});
  const auto inbox = world.ok("ansible_read_messages", {{"agent", "builder"}});
  CHECK(inbox.at("messages").at(0).at("from") == json::value("node-a"));
  CHECK(inbox.at("messages").at(0).at("id") == sent.at("messageId"));
}

TEST_CASE("WHO-2: whom the operator may speak for depends on the agent's home and the mode") {
  struct Row {
    const char* mode;
    const char* local;
    const char* external;
    const char* elsewhere;
  };
  const Row rows[] = {{"legacy", "ok", "ok", "ok"},
                      {"mixed", "ok", "ok", "invalid_token"},
                      {"token-required", "invalid_token", "invalid_token", "invalid_token"}};
  for (const Row& row : rows) {
    CAPTURE(row.mode);
    World world(json::canonical(json::object{{"tier", "backbone"}, {"authMode", row.mode}}));
    world.agent("local");
    world.agent("outside", "external");
    world.ok("ansible_register_agent",
             {{"agent_id", "far"}, {"type", "internal"}, {"gateway", "node-b"}});
    const auto as = [&](const char* agent) {
      return world.call("ansible_read_messages", {{"agent", agent}});
    };
    CHECK(code_of(as("local")) == row.local);
    CHECK(code_of(as("outside")) == row.external);
    CHECK(code_of(as("far")) == row.elsewhere);
    for (const char* agent : {"local", "outside", "far"}) {
      const auto reply = as(agent);
      if (code_of(reply) != "invalid_token") continue;
      const std::string text(reply.at("error").as_string());
      CHECK(text.find("agent_token is required") != std::string::npos);
    }
    CHECK(code_of(as("nobody-here")) == "not_authorized");
  }
}

TEST_CASE("WHO-2: a named agent has only its own rights, even when the operator names it") {
  World world;
  world.agent("builder");
  CHECK(code_of(world.call("ansible_register_agent",
                           {{"agent_id", "x"}, {"from_agent", "builder"}})) == "not_authorized");
  CHECK(code_of(world.call("ansible_register_agent",
                           {{"agent_id", "x"}, {"from_agent", "admin"}})) == "ok");
}

TEST_CASE("WHO-3: a token is its agent and nothing more") {
  World world;
  const std::string token = world.agent("builder", "external");
  const std::string task = task_for(world, "builder");
  world.caller.kind = CallerKind::kAnonymous;
  CHECK(code_of(world.call("ansible_claim_task", {{"taskId", task},
                                                  {"etaSeconds", 60},
                                                  {"agentId", "admin"},
                                                  {"agent_token", token}})) == "invalid_argument");
  CHECK(code_of(world.call("ansible_claim_task",
                           {{"taskId", task}, {"etaSeconds", 60}, {"agent_token", token}})) ==
        "ok");
  CHECK(code_of(world.call("ansible_register_agent",
                           {{"agent_id", "x"}, {"agent_token", token}})) == "not_authorized");
  CHECK(code_of(world.call("ansible_status", {{"agent_token", "at_wrong"}})) == "invalid_token");
}

TEST_CASE("WHO-4: nobody is refused") {
  World world;
  world.caller.kind = CallerKind::kAnonymous;
  for (const char* tool : {"ansible_status", "ansible_list_agents", "ansible_read_messages",
                           "ansible_mark_read", "ansible_get_coordination"}) {
    CHECK(code_of(world.call(tool, json::object{})) == "not_authorized");
  }
}

TEST_CASE("WHO-4: an agent that the host has authenticated acts as itself") {
  World world;
  world.agent("builder");
  world.caller = {CallerKind::kAgent, "builder"};
  CHECK(world.ok("ansible_read_messages", {}).at("agent") == json::value("builder"));
  CHECK(code_of(world.call("ansible_read_messages", {{"agent", "admin"}})) == "invalid_argument");
}

TEST_CASE("WHO-5: 'admin' means the gateway's admin where no agent has that name") {
  World world(R"({"tier":"backbone","adminAgentId":"architect"})");
  CHECK(code_of(world.call("ansible_register_agent",
                           {{"agent_id", "x"}, {"from_agent", "admin"}})) == "ok");
  CHECK(world.ok("ansible_get_coordination", {}).at("effectiveAdminAgentId") ==
        json::value("architect"));
}

TEST_CASE("WHO-6: a disabled agent acts nowhere, and stays disabled over a restart") {
  World world;
  const std::string token = world.agent("builder");
  const auto first = world.ok("ansible_disable_agent", {{"agent_id", "builder"}, {"reason", "r"}});
  CHECK(first.at("changed") == true);
  CHECK(world.ok("ansible_disable_agent", {{"agent_id", "builder"}}).at("changed") == false);
  world.start();
  CHECK(code_of(world.call("ansible_read_messages", {{"agent", "builder"}})) == "agent_disabled");
  CHECK(code_of(world.call("ansible_read_messages", {{"agent_token", token}})) == "agent_disabled");
  CHECK(world.ok("ansible_enable_agent", {{"agent_id", "builder"}}).at("changed") == true);
  CHECK(code_of(world.call("ansible_read_messages", {{"agent_token", token}})) == "ok");
  CHECK(code_of(world.call("ansible_disable_agent", {{"agent_id", "admin"}})) == "conflict");
}

TEST_CASE(
    "WHO-7: a first start registers node, context agents and admin; a restart changes nothing") {
  World world(R"({"tier":"backbone","adminAgentId":"architect","injectContextAgents":["helper"]})");
  const auto agents = world.ok("ansible_list_agents", {});
  CHECK(agents.at("total") == 3);
  for (const json::value& agent : agents.at("agents").as_array()) {
    CHECK(agent.at("type") == json::value("internal"));
    CHECK(agent.at("gateway") == json::value("node-a"));
  }
  world.ok("ansible_issue_agent_token", {{"agent_id", "helper"}});
  const auto before = world.store.at("agent/helper");
  world.advance_ms(60'000);
  world.start();
  CHECK(world.store.at("agent/helper") == before);
}

TEST_CASE("WHO-8: no reply but the issuing one shows a token, and none shows a hash") {
  World world;
  const std::string token = world.agent("builder");
  const std::string hash =
      ansible::agent_from_json("builder",
                               ansible::parse_document("agent", world.store.at("agent/builder")))
          .auth->token_hash;
  for (const auto& [tool, args] : {std::pair<const char*, json::object>{"ansible_list_agents", {}},
                                   {"ansible_register_agent", {{"agent_id", "builder"}}},
                                   {"ansible_disable_agent", {{"agent_id", "builder"}}},
                                   {"ansible_enable_agent", {{"agent_id", "builder"}}},
                                   {"ansible_status", {}},
                                   {"ansible_dump_tasks", {}}}) {
    const std::string text = json::canonical(world.call(tool, args));
    CHECK(text.find(token) == std::string::npos);
    CHECK(text.find(hash) == std::string::npos);
  }
  for (const auto& [key, value] : world.store) {
    CHECK(key.find(token) == std::string::npos);
    CHECK(value.find(token) == std::string::npos);
  }
}

TEST_CASE("WHO-9: a token ends when it expires, and when a new one is issued") {
  World world;
  const auto reply =
      world.ok("ansible_register_agent", {{"agent_id", "builder"}, {"expires_in_seconds", 60}});
  const std::string first(reply.at("agent_token").as_string());
  world.advance_ms(59'999);
  CHECK(code_of(world.call("ansible_read_messages", {{"agent_token", first}})) == "ok");
  world.advance_ms(1);
  CHECK(code_of(world.call("ansible_read_messages", {{"agent_token", first}})) == "invalid_token");
  const auto issued = world.ok("ansible_issue_agent_token", {{"agent_id", "builder"}});
  const std::string second(issued.at("agent_token").as_string());
  CHECK(second != first);
  CHECK(code_of(world.call("ansible_read_messages", {{"agent_token", second}})) == "ok");
  CHECK(code_of(world.call("ansible_read_messages", {{"agent_token", first}})) == "invalid_token");
}

TEST_CASE("WHO-10: agent administration, the coordinator and dumps need an admin") {
  World world;
  world.agent("builder");
  for (const auto& [tool, args] :
       {std::pair<const char*, json::object>{"ansible_register_agent", {{"agent_id", "x"}}},
        {"ansible_issue_agent_token", {{"agent_id", "builder"}}},
        {"ansible_disable_agent", {{"agent_id", "builder"}}},
        {"ansible_enable_agent", {{"agent_id", "builder"}}},
        {"ansible_set_coordination", {{"coordinator", "node-a"}}},
        {"ansible_set_backpressure_policy", {{"retry_budget", 1}}},
        {"ansible_set_sla_policy", {{"enabled", false}}},
        {"ansible_dump_tasks", {}}}) {
    CAPTURE(tool);
    json::object named = args;
    named["from_agent"] = "builder";
    CHECK(code_of(world.call(tool, named)) == "not_authorized");
    CHECK(code_of(world.call(tool, args)) == "ok");
    if (std::string_view(tool) == "ansible_disable_agent") {
      world.ok("ansible_enable_agent", {{"agent_id", "builder"}});
    }
  }
}

TEST_CASE("ARG-3: ids that could be paths or options are refused") {
  World world;
  for (const char* id : {"../etc/passwd", "a/b", "-x", ".hidden", "", "a b", "\u00e9"}) {
    const auto reply = world.call("ansible_register_agent", {{"agent_id", id}});
    CHECK(code_of(reply) == "invalid_argument");
    CHECK(reply.at("pointer") == json::value("/agent_id"));
  }
  CHECK(code_of(world.call("ansible_register_agent", {{"agent_id", std::string(101, 'a')}})) ==
        "invalid_argument");
}

TEST_CASE("Registering somebody twice is a conflict that shows who is there") {
  World world;
  world.agent("builder");
  const auto reply = world.call("ansible_register_agent", {{"agent_id", "builder"}});
  CHECK(code_of(reply) == "conflict");
  CHECK(reply.at("agent").at("id") == json::value("builder"));
}
