// Ids of agents and nodes that need not exist, but must be able to (ARG-3).
#include <doctest/doctest.h>

#include "plugin/support/world.hpp"

using namespace ansible_test;

namespace {

struct Row {
  std::string_view tool;
  json::object args;
  std::string_view name;  // the argument that takes ids
  bool list;
};

std::vector<Row> rows_of_ids() {
  return {
      {"ansible_set_coordination", {{"confirmLastResort", true}}, "coordinator", false},
      {"ansible_set_coordination_preference", {}, "desiredCoordinator", false},
      {"ansible_send_message", {{"content", "hi"}}, "to", true},
      {"ansible_send_message", {{"content", "hi"}, {"to", "ann"}}, "notify_to", true},
      {"ansible_sla_sweep", {}, "fyi_agents", true},
      {"ansible_set_sla_policy", {}, "fyi_agents", true},
      {"ansible_set_delegation_policy",
       {{"policyMarkdown", "# Rules"}, {"version", "1"}},
       "notifyAgents",
       true},
      {"ansible_delegate_task", {{"title", "t"}, {"description", "d"}}, "assignedTo", false},
      {"ansible_delegate_task", {{"title", "t"}, {"description", "d"}}, "to_agents", true},
      {"ansible_create_skill_task", {{"skillName", "s"}, {"spec", "d"}}, "assignedTo", false},
      {"ansible_register_agent", {}, "agent_id", false},
      {"ansible_register_agent", {{"agent_id", "x"}, {"type", "internal"}}, "gateway", false},
      {"ansible_invite_agent", {}, "agent_id", false},
      {"ansible_invite_node", {}, "node_id", false},
  };
}

// A coordinator, which may publish the delegation policy.
struct Gateway : World {
  Gateway() {
    agent("ann");
    ok("ansible_set_coordination", {{"coordinator", "node-a"}});
  }
};

}  // namespace

TEST_CASE(
    "ARG-3: an id with path characters, or too long, is refused with a clear text and nothing is "
    "stored") {
  Gateway world;
  const Store before = world.store;
  for (const Row& row : rows_of_ids()) {
    for (const std::string& odd :
         {std::string("../x"), std::string("../../x"), std::string("a/b"), std::string(".x"),
          std::string("-x"), std::string("a b"), std::string(101, 'x')}) {
      CAPTURE(row.tool);
      CAPTURE(row.name);
      CAPTURE(odd);
      json::object args = row.args;
      args[row.name] =
          row.list ? json::value(json::array{"ann", json::value(odd)}) : json::value(odd);
      const json::object reply = world.call(row.tool, args);
      const std::string code = code_of(reply);
      CHECK((code == "invalid_argument" || code == "invalid_targets"));
      const std::string text = text_of(reply, "error");
      const bool shows_it = text.find(odd.substr(0, 50)) != std::string::npos;
      CHECK((shows_it || text.find("101 characters") != std::string::npos));
      CHECK(world.store == before);
    }
  }
}

TEST_CASE(
    "ARG-3: a recipient that nobody knows yet is allowed, and so is one that was imported with an "
    "odd id") {
  Gateway world;
  CHECK(world.ok("ansible_send_message", {{"content", "hi"}, {"to", "later"}}).at("unregistered") ==
        json::value(json::array{"later"}));
  world.ok("ansible_set_coordination", {{"coordinator", "node-z"}, {"confirmLastResort", true}});
  world.ok("ansible_import",
           {{"section", "agents"},
            {"items",
             json::array{json::object{{"key", "Team Lead"},
                                      {"value", {{"type", "external"}, {"registeredAt", 1}}}}}}});
  CHECK_FALSE(world.ok("ansible_send_message", {{"content", "hi"}, {"to", "Team Lead"}})
                  .contains("unregistered"));
  world.ok("ansible_set_sla_policy", {{"fyi_agents", "Team Lead"}});
}
