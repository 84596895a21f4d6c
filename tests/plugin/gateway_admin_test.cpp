// Admins of gateways (WHO-1, WHO-5, WHO-10, reference 6.5).
#include <doctest/doctest.h>

#include "plugin/support/world.hpp"

using namespace ansible_test;

namespace {

json::object set(World& world, std::string_view gateway, std::string_view agent) {
  return world.call("ansible_set_gateway_admin",
                    {{"gateway_id", gateway}, {"admin_agent_id", agent}});
}
void add_node(World& world, const std::string& node) {
  world.store["node/" + node] = R"({"name":")" + node + R"(","tier":"edge"})";
}
json::array events(World& world) {
  return world.ok("ansible_read_messages", {{"all", true}}).at("messages").as_array();
}

}  // namespace

TEST_CASE("WHO-10: the gateway's admin is who was named, and that is told to everybody") {
  World world;
  world.agent("architect");
  CHECK(code_of(world.call("ansible_register_agent",
                           {{"agent_id", "x"}, {"from_agent", "architect"}})) == "not_authorized");
  const auto reply = set(world, "node-a", "architect");
  CHECK(code_of(reply) == "ok");
  CHECK(reply.at("changed") == true);
  CHECK(code_of(world.call("ansible_register_agent",
                           {{"agent_id", "x"}, {"from_agent", "architect"}})) == "ok");
  CHECK(text_of(world.ok("ansible_list_gateway_admins", {}), "effectiveAdminAgentId") ==
        "architect");
  // The one before has no rights left.
  CHECK(code_of(world.call("ansible_register_agent",
                           {{"agent_id", "y"}, {"from_agent", "admin"}})) == "not_authorized");

  const auto next = set(world, "node-a", "admin");
  CHECK(text_of(next, "previousAdminAgentId") == "architect");
  const auto event = world.store.at("message/" + text_of(next, "lifecycleMessageId"));
  for (const char* part :
       {R"("intent":"gateway_admin_updated")", R"("gatewayId":"node-a")",
        R"("adminAgentId":"admin")", R"("previousAdminAgentId":"architect")", R"("by":"node-a")"}) {
    CHECK(event.find(part) != std::string::npos);
  }
  CHECK(world.ok("ansible_read_messages", {{"agent", "architect"}}).at("unreadMessages") == 0);
}

TEST_CASE("WHO-10: naming the same admin again changes nothing and tells nobody") {
  World world;
  CHECK(set(world, "node-a", "admin").at("changed") == true);
  const auto before = world.store;
  const auto again = set(world, "node-a", "admin");
  CHECK(again.at("changed") == false);
  CHECK_FALSE(again.contains("lifecycleMessageId"));
  CHECK(world.store == before);
}

TEST_CASE("WHO-10: an admin is a registered, enabled agent, its gateway a node") {
  World world;
  world.agent("architect");
  CHECK(code_of(set(world, "nowhere", "architect")) == "not_found");
  CHECK(code_of(set(world, "node-a", "nobody")) == "not_found");
  world.ok("ansible_disable_agent", {{"agent_id", "architect"}});
  CHECK(code_of(set(world, "node-a", "architect")) == "agent_disabled");
  CHECK(code_of(world.call("ansible_seed_gateway_admins", {{"admin_agent_id", "architect"}})) ==
        "agent_disabled");
}

TEST_CASE("WHO-6: the named admin of this gateway cannot be disabled, the former can") {
  World world;
  world.agent("architect");
  set(world, "node-a", "architect");
  CHECK(code_of(world.call("ansible_disable_agent", {{"agent_id", "architect"}})) == "conflict");
  CHECK(code_of(world.call("ansible_disable_agent", {{"agent_id", "admin"}})) == "ok");
}

TEST_CASE("WHO-10: seeding fills only the gateways that have no admin") {
  World world;
  for (const char* node : {"node-b", "node-c"}) add_node(world, node);
  world.agent("architect");
  set(world, "node-b", "architect");
  const auto before = world.store;
  const auto dry = world.ok("ansible_seed_gateway_admins", {{"dry_run", true}});
  CHECK(world.store == before);
  CHECK(dry.at("candidateCount") == 2);
  CHECK(dry.at("seededCount") == 0);
  const auto done = world.ok("ansible_seed_gateway_admins", {});
  CHECK(done.at("seededCount") == 2);
  CHECK(done.at("seeded").at(1) ==
        json::value(json::object{{"gatewayId", "node-c"}, {"adminAgentId", "admin"}}));
  CHECK(done.at("skipped") ==
        json::value(json::array{json::object{{"gatewayId", "node-b"}, {"reason", "already_set"}}}));
  const auto listed = world.ok("ansible_list_gateway_admins", {}).at("admins").as_array();
  REQUIRE(listed.size() == 3);
  CHECK(listed[1] ==
        json::value(json::object{{"gatewayId", "node-b"}, {"adminAgentId", "architect"}}));
  CHECK(world.ok("ansible_seed_gateway_admins", {}).at("seededCount") == 0);
  CHECK(events(world).size() == 3);
}

TEST_CASE("WHO-5: the admin of a gateway in another spelling counts, unless that is a node") {
  World world;
  world.agent("architect");
  add_node(world, "Node_A");
  set(world, "Node_A", "architect");
  const auto effective = [&] {
    return text_of(world.ok("ansible_list_gateway_admins", {}), "effectiveAdminAgentId");
  };
  CHECK(effective() == "admin");
  world.store.erase("node/Node_A");
  CHECK(effective() == "architect");
}
