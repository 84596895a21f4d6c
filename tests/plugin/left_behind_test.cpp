// What becomes of the work of an agent that is disabled, and of what a revoked node has said of itself.
#include <doctest/doctest.h>

#include "plugin/support/outbox.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

TEST_CASE("WHO-6: what a disabled agent has claimed is pending again, so that others can do it") {
  World world;
  for (const char* id : {"ann", "bob"}) world.agent(id);
  const std::string shared = delegate(world, "ann", {{"to_agents", {"bob"}}});
  const std::string running = delegate(world, "ann");
  const std::string waiting = delegate(world, "ann");
  const std::string of_bob = delegate(world, "ann", {{"to_agents", {"bob"}}});
  REQUIRE(code_of(claim(world, shared, "ann")) == "ok");
  REQUIRE(code_of(claim(world, running, "ann")) == "ok");
  REQUIRE(code_of(update(world, running, "ann")) == "ok");
  REQUIRE(code_of(claim(world, of_bob, "bob")) == "ok");
  const json::object reply = world.ok("ansible_disable_agent", {{"agent_id", "ann"}});
  CHECK(reply.at("releasedTasks") == 2);
  CHECK(reply.at("pendingTasks") == 3);
  CHECK(status_of(world, shared) == "pending");
  CHECK(status_of(world, running) == "pending");
  CHECK(status_of(world, waiting) == "pending");
  CHECK(status_of(world, of_bob) == "claimed");
  CHECK(kinds_of(world, running) == "created ack_accepted claimed status_update released");
  CHECK(code_of(claim(world, shared, "bob")) == "ok");

  world.ok("ansible_enable_agent", {{"agent_id", "ann"}});
  CHECK(code_of(complete(world, running, "ann")) == "not_claimer");
  CHECK(code_of(claim(world, running, "ann", {{"etaSeconds", 60}})) == "ok");
}

TEST_CASE("WHO-6: an agent that holds much is disabled at once and gives it back step by step") {
  World world;
  world.agent("ann");
  world.ok("ansible_set_backpressure_policy", {{"max_concurrent", 200}});
  for (int i = 0; i < 40; ++i) {
    const std::string task =
        delegate(world, "ann", {{"metadata", {{"blob", std::string(60'000, 'y')}}}});
    REQUIRE(code_of(claim(world, task, "ann")) == "ok");
  }
  const json::object args{{"agent_id", "ann"}};
  CHECK_FALSE(world.call_and_kill("ansible_disable_agent", args, 2));
  CHECK(code_of(world.call("ansible_read_messages", {{"agent", "ann"}})) == "agent_disabled");
  const json::object again = world.ok("ansible_disable_agent", args);  // goes on with the rest
  CHECK(world.steps > 2);
  CHECK(again.at("changed") == false);
  CHECK(again.at("releasedTasks") == 24);
  CHECK(again.at("pendingTasks") == 40);
  CHECK(world.ok("ansible_find_task", {{"status", "claimed"}}).at("total") == 0);
}

TEST_CASE("WHO-10: nothing that a revoked node said of itself stays, and its agents hold no task") {
  World world;
  const std::string invite = text_of(world.ok("ansible_invite_node", {}), "invite_token");
  world.agent("near");
  world.node_id = "node-b";
  world.ok("ansible_join_node", {{"invite_token", invite}});
  world.start();
  world.ok("ansible_register_agent", {{"agent_id", "far"}, {"type", "internal"}});
  world.ok("ansible_update_context", {{"currentFocus", "holding the line"}});
  world.ok("ansible_advertise_skills", {{"skills", json::array{"cook"}}});
  world.ok("ansible_set_coordination_preference", {{"desiredCoordinator", "node-b"}});
  const std::string task = delegate(world, "far", {{"to_agents", {"near"}}});
  REQUIRE(code_of(claim(world, task, "far")) == "ok");

  world.node_id = "node-a";
  CHECK(world.ok("ansible_revoke_node", {{"node_id", "node-b"}}).at("releasedTasks") == 1);
  for (const std::string key : {"context/node-b", "skills/node-b", "skill/cook/node-b",
                                "preference/node-b", "pulse/node-b", "held/far/"}) {
    const auto at = world.store.lower_bound(key);
    CHECK_MESSAGE((at == world.store.end() || !at->first.starts_with(key)), key);
  }
  const json::object coordination = world.ok("ansible_get_coordination", {});
  CHECK_FALSE(coordination.at("preferences").as_object().contains("node-b"));
  CHECK(status_of(world, task) == "pending");
  CHECK(code_of(claim(world, task, "near")) == "ok");
}

namespace {

void join(World& world, const std::string& node) {
  const std::string invite = text_of(world.ok("ansible_invite_node", {}), "invite_token");
  const std::string here = world.node_id;
  world.node_id = node;
  world.ok("ansible_join_node", {{"invite_token", invite}});
  world.start();
  world.node_id = here;
}

std::size_t due_at(World& world, const std::string& node) {
  const std::string here = world.node_id;
  world.node_id = node;
  const std::size_t count = due(world).size();
  world.node_id = here;
  return count;
}

void say(World& world, const char* to) {
  world.ok("ansible_send_message", {{"content", "hello"}, {"to", to}, {"notify_on_send", false}});
}

}  // namespace

TEST_CASE("WHO-10: a revocation that was cut off counts at once, and a repeated call finishes it") {
  World world;
  join(world, "node-b");
  world.node_id = "node-b";
  world.agent("far");
  world.ok("ansible_set_backpressure_policy", {{"max_concurrent", 200}});
  for (int i = 0; i < 20; ++i)
    REQUIRE(code_of(claim(world, delegate(world, "far"), "far")) == "ok");
  world.node_id = "node-a";
  const json::object args{{"node_id", "node-b"}};
  CHECK_FALSE(world.call_and_kill("ansible_revoke_node", args, 1));
  CHECK_FALSE(world.store.contains("node/node-b"));
  CHECK(code_of(world.call("ansible_read_messages", {{"agent", "far"}})) == "agent_disabled");
  const std::string revocation = world.store.at("node-revoked/node-b");

  world.advance_ms(1'000);
  const json::object again = world.ok("ansible_revoke_node", args);
  CHECK(again.at("disabledAgents") == json::value(json::array{"far"}));
  CHECK(again.at("releasedTasks") == 12);
  CHECK(world.ok("ansible_find_task", {{"status", "claimed"}}).at("total") == 0);
  CHECK(world.store.at("node-revoked/node-b") == revocation);
  CHECK(code_of(world.call("ansible_revoke_node", args)) == "not_found");
}

TEST_CASE("the gateway that an agent has moved to makes its deliveries, from what waits on") {
  World world;
  join(world, "node-b");
  world.agent("bob");
  webhook(world, "bob");
  say(world, "bob");
  CHECK(due_at(world, "node-a") == 1);
  world.ok("ansible_rebind_agent", {{"agent_id", "bob"}, {"gateway", "node-b"}});
  CHECK(due_at(world, "node-a") == 0);
  CHECK(due_at(world, "node-b") == 1);
  say(world, "bob");
  CHECK(due_at(world, "node-a") == 0);
  world.node_id = "node-b";
  CHECK(deliver_all(world, "bob") == std::vector<std::string>{"hello", "hello"});
}

TEST_CASE("WHO-10: agents from elsewhere get their deliveries when their gateway is revoked") {
  World world;
  join(world, "node-b");
  for (const char* id : {"far", "near"}) world.agent(id, "external");
  world.node_id = "node-b";
  world.ok("ansible_set_agent_sink", {{"agent_id", "far"}, {"url", "https://example.org/far"}});
  world.ok("ansible_set_agent_sink", {{"agent_id", "near"}, {"url", "http://127.0.0.1:9/near"}});
  world.node_id = "node-a";
  for (const char* id : {"far", "near"}) say(world, id);
  CHECK(due_at(world, "node-b") == 2);
  world.ok("ansible_revoke_node", {{"node_id", "node-b"}});
  CHECK(due_at(world, "node-a") == 1);  // "this machine" was another one
}
