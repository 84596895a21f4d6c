// The acting agent by any of its names, in every tool (WHO-2, WHO-3).
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <functional>

#include "plugin/support/inputs.hpp"
#include "plugin/support/tasks.hpp"
#include "plugin/support/world.hpp"

using ansible::Tool;
using namespace ansible_test;

namespace {

constexpr std::array<std::string_view, 3> kNames = {"agentId", "from_agent", "agent"};

bool has_param(const Tool& tool, std::string_view name) {
  return std::any_of(tool.params.begin(), tool.params.end(),
                     [&](const ansible::Param& param) { return param.name == name; });
}

// The only parameter of such a name that means something else: whose dead letters.
bool means_actor(const Tool& tool, std::string_view name) {
  return !(tool.name == "ansible_list_dead_letters" && name == "agent");
}

// Every tool that acts for somebody, with every name of the actor and the tool's minimal arguments.
void each_name(const std::function<void(const Tool&, std::string_view name,
                                        const json::object& args)>& check) {
  std::size_t tried = 0;
  for (const Tool& tool : ansible::all_tools()) {
    if (!has_param(tool, "agent_token")) continue;
    for (const std::string_view name : kNames) {
      if (!means_actor(tool, name)) continue;
      CAPTURE(tool.name);
      CAPTURE(name);
      check(tool, name, minimal_args(tool.params));
      ++tried;
    }
  }
  CHECK(tried > 200);
}

bool mentions(const json::object& reply, std::string_view text) {
  return text_of(reply, "error").find(text) != std::string::npos;
}

}  // namespace

TEST_CASE(
    "WHO-2: in every tool, each name of the actor says who acts: nobody acts as the operator by "
    "accident") {
  World world(R"({"tier":"backbone","authMode":"token-required"})");
  world.agent("worker");
  const Store before = world.store;
  each_name([&](const Tool& tool, std::string_view name, json::object args) {
    args[name] = "worker";
    const auto reply = world.call(tool.name, args);
    CHECK(code_of(reply) == "invalid_token");
    CHECK(mentions(reply, "agent_token is required"));
    CHECK(world.store == before);
  });
}

TEST_CASE(
    "WHO-3: in every tool, an agent's token and another agent's name are refused, whatever the "
    "name is called") {
  World world;
  const std::string token = world.agent("worker");
  world.agent("other");
  const Store before = world.store;
  each_name([&](const Tool& tool, std::string_view name, json::object args) {
    args[name] = "other";
    args["agent_token"] = token;
    const auto reply = world.call(tool.name, args);
    CHECK(code_of(reply) == "invalid_argument");
    CHECK(mentions(reply, "'worker'"));
    CHECK(mentions(reply, "'other'"));
    CHECK(world.store == before);
  });
}

TEST_CASE(
    "WHO-2: in every tool, two names that say two agents are refused, and the text has both") {
  World world;
  world.agent("worker");
  world.agent("other");
  const Store before = world.store;
  each_name([&](const Tool& tool, std::string_view name, json::object args) {
    if (tool.name == "ansible_delete_messages") return;  // needs a token first, see WHO-3
    const std::string_view second = name == "from_agent" ? "agentId" : "from_agent";
    args[name] = "worker";
    args[second] = "other";
    const auto reply = world.call(tool.name, args);
    CHECK(code_of(reply) == "invalid_argument");
    for (const std::string_view text : {name, second}) CHECK(mentions(reply, text));
    for (const char* text : {"'worker'", "'other'"}) CHECK(mentions(reply, text));
    CHECK(world.store == before);
  });
}

TEST_CASE("ARG-2: in every tool, a name of the actor is a text, and null is none") {
  World world;
  const Store before = world.store;
  each_name([&](const Tool& tool, std::string_view name, json::object args) {
    args[name] = 7;
    const auto reply = world.call(tool.name, args);
    CHECK(code_of(reply) == "invalid_argument");
    CHECK(text_of(reply, "pointer") == "/" + std::string(name));
    CHECK(world.store == before);
  });
  CHECK(world.ok("ansible_list_agents", {{"agentId", nullptr}}).contains("warnings") == false);
}

TEST_CASE("WHO-2: the same agent by two names is one actor, without a warning") {
  World world;
  world.agent("worker");
  const auto reply =
      world.ok("ansible_read_messages", {{"agentId", "worker"}, {"from_agent", "worker"}});
  CHECK(reply.at("agent") == "worker");
  CHECK_FALSE(reply.contains("warnings"));
  // `admin` is the gateway's admin where nobody is called that (WHO-5).
  World other(R"({"tier":"backbone","adminAgentId":"architect"})");
  CHECK(other.ok("ansible_read_messages", {{"agent", "admin"}, {"agentId", "architect"}})
            .at("agent") == "architect");
}

TEST_CASE("WHO-2: an agent that is named by any name has its own rights only") {
  World world;
  world.agent("worker");
  for (const std::string_view name : kNames) {
    CAPTURE(name);
    const Store before = world.store;
    for (const auto& [tool, args] : std::initializer_list<std::pair<const char*, json::object>>{
             {"ansible_issue_agent_token", {{"agent_id", "admin"}, {name, "worker"}}},
             {"ansible_set_sla_policy", {{"record_only", false}, {name, "worker"}}},
             {"ansible_set_backpressure_policy", {{"retry_budget", 0}, {name, "worker"}}},
             {"ansible_disable_agent", {{"agent_id", "worker"}, {name, "worker"}}},
             {"ansible_sla_sweep", {{name, "worker"}}},
             {"ansible_dump_tasks", {{name, "worker"}}},
             {"ansible_dump_state", {{name, "worker"}}}}) {
      CAPTURE(tool);
      CHECK(code_of(world.call(tool, args)) == "not_authorized");
    }
    CHECK(world.store == before);
    const std::string task = delegate(world, "worker");
    CHECK(world.ok("ansible_claim_task", {{"taskId", task}, {"etaSeconds", 9}, {name, "worker"}})
              .at("accepted")
              .at("byAgentId") == "worker");
  }
}

TEST_CASE("WHO-2: a name that a tool uses for something else names nobody") {
  World world;
  world.agent("worker");
  CHECK_FALSE(world.ok("ansible_list_dead_letters", {{"agent", "worker"}}).contains("warnings"));
  CHECK(code_of(world.call("ansible_list_dead_letters",
                           {{"agent", "worker"}, {"from_agent", "admin"}})) == "ok");
}
