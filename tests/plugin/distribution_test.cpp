// CAP-14: one task per target, once, outside the queue, gone with a withdrawal.
#include <doctest/doctest.h>

#include <map>

#include "capabilities/capability_store.hpp"
#include "capabilities/distribution.hpp"
#include "core/fields.hpp"
#include "plugin/support/capabilities.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;
using Names = std::vector<std::string>;

namespace {

void request(World& world, std::string_view cap, std::string_view version = "1.0.0") {
  in_store(world, [&](ansible::Context& context) {
    ansible::request_distribution(context, *ansible::load_catalog(context.txn, cap, version));
  });
}

std::size_t cancel(World& world, std::string_view cap) {
  std::size_t cancelled = 0;
  in_store(world, [&](ansible::Context& context) {
    cancelled = ansible::cancel_distribution(context, cap, "owner");
  });
  return cancelled;
}

json::array stored_tasks(World& world) {
  return world.ok("ansible_dump_tasks", {{"limit", 1000}}).at("items").as_array();
}

// Assignee -> how many distribution tasks in this status.
std::map<std::string, int> tasks_by_target(World& world, std::string_view status = "pending") {
  std::map<std::string, int> out;
  for (const json::value& item : stored_tasks(world)) {
    const json::object& task = item.at("value").as_object();
    if (text_of(task, "status") == status) ++out[text_of(task, "assignedTo_agent")];
  }
  return out;
}

std::string task_of(World& world, std::string_view agent) {
  for (const json::value& item : stored_tasks(world)) {
    const json::object& task = item.at("value").as_object();
    if (text_of(task, "assignedTo_agent") == agent) return text_of(task, "id");
  }
  return "";
}

// A gateway with a published capability of `owner` and two more agents.
struct Published : World {
  Published() {
    for (const char* id : {"owner", "amy", "bob"}) agent(id);
    install(*this, manifest_of("cap.paint", "owner"));
    request(*this, "cap.paint");
  }
};

}  // namespace

TEST_CASE("CAP-14: the sweep gives every agent but the owner one task, however often it runs") {
  Published world;
  CHECK(tasks_by_target(world).empty());
  const json::object report = world.sweep("distribution");
  CHECK(report.at("created").as_int64() == 4);
  const std::map<std::string, int> expected{{"admin", 1}, {"amy", 1}, {"bob", 1}, {"node-a", 1}};
  CHECK(tasks_by_target(world) == expected);
  CHECK(world.sweep("distribution").at("created").as_int64() == 0);

  request(world, "cap.paint");  // published again
  world.agent("carol");
  CHECK(world.sweep("distribution").at("created").as_int64() == 1);
  CHECK(tasks_by_target(world).size() == 5);
  install(world, manifest_of("cap.paint", "owner", "2.0.0"));
  request(world, "cap.paint", "2.0.0");
  CHECK(world.sweep("distribution").at("created").as_int64() == 5);
}

TEST_CASE("CAP-14: neither step size nor kills between steps change who gets a task") {
  Published world;
  world.yield_every = 1;
  CHECK_FALSE(world.sweep_and_kill("distribution", 2));
  world.sweep("distribution");
  CHECK(tasks_by_target(world).size() == 4);
  for (const auto& [agent, count] : tasks_by_target(world)) CHECK(count == 1);
}

TEST_CASE("reference 4.7: what a distribution task says") {
  Published world;
  world.sweep("distribution");
  const json::object task = shown(world, task_of(world, "bob"));
  CHECK(text_of(task, "intent") == "skill_distribution");
  CHECK(text_of(task, "createdBy_agent") == "owner");
  const json::object metadata = task.at("metadata").as_object();
  CHECK(text_of(metadata, "kind") == "skill_distribution");
  CHECK(text_of(metadata, "capabilityId") == "cap.paint");
  CHECK(text_of(metadata, "requiredResponse") == "install_status_with_timestamp");
  CHECK(metadata.at("delegationSkillRef").at("name").as_string() == "ask-cap.paint");
  CHECK_FALSE(metadata.at("ansible").at("responseRequired").as_bool());
  CHECK_FALSE(metadata.at("ansible").as_object().contains("sla"));
}

TEST_CASE("reference 4.7: a distribution task needs neither an ETA nor a result") {
  Published world;
  world.sweep("distribution");
  const std::string task = task_of(world, "bob");
  CHECK(code_of(claim(world, task, "amy", {})) == "not_assignee");
  REQUIRE(code_of(claim(world, task, "bob", {})) == "ok");
  REQUIRE(code_of(complete(world, task, "bob", {})) == "ok");
  CHECK(status_of(world, task) == "completed");
}

TEST_CASE("CAP-14: distribution tasks do not fill an agent's queue") {
  Published world;
  world.ok("ansible_set_backpressure_policy", {{"max_queue_depth", 1}});
  world.sweep("distribution");
  delegate(world, "bob");
  CHECK(code_of(world.call("ansible_delegate_task",
                           {{"title", "t"}, {"description", "d"}, {"assignedTo", "bob"}})) ==
        "overloaded");
}

TEST_CASE("CAP-14: a withdrawal calls off all unfinished tasks, and those not created yet") {
  Published world;
  world.sweep("distribution");
  REQUIRE(code_of(claim(world, task_of(world, "amy"), "amy", {})) == "ok");
  REQUIRE(code_of(claim(world, task_of(world, "bob"), "bob", {})) == "ok");
  REQUIRE(code_of(complete(world, task_of(world, "bob"), "bob", {})) == "ok");
  install(world, manifest_of("cap.paint", "owner", "2.0.0"));
  request(world, "cap.paint", "2.0.0");

  CHECK(cancel(world, "cap.paint") == 3);
  CHECK(tasks_by_target(world, "pending").empty());
  CHECK(tasks_by_target(world, "failed").size() == 3);
  CHECK(tasks_by_target(world, "completed").size() == 1);
  const json::object failure =
      shown(world, task_of(world, "amy")).at("metadata").at("ansible").at("failure").as_object();
  CHECK(text_of(failure, "failureCode") == "capability_withdrawn");
  CHECK(world.sweep("distribution").at("created").as_int64() == 0);
}

TEST_CASE("CAP-14: what a withdrawal leaves over is called off by the sweep") {
  Published world;
  for (int i = 0; i < 300; ++i) {
    world.store["agent/x" + std::to_string(1000 + i)] =
        R"({"gateway":"node-a","type":"internal","registeredAt":1,"registeredBy":"test"})";
  }
  world.yield_every = 7;
  world.sweep("distribution");
  CHECK(tasks_by_target(world).size() == 304);
  CHECK(cancel(world, "cap.paint") == 200);
  CHECK(world.sweep("distribution").at("cancelled").as_int64() == 104);
  CHECK(tasks_by_target(world).empty());
}

TEST_CASE("reference 4.7: who can be a target") {
  World world;
  for (const char* id : {"owner", "off", "ext"}) {
    world.agent(id, std::string_view(id) == "ext" ? "external" : "internal");
  }
  world.ok("ansible_disable_agent", {{"agent_id", "off"}});
  world.store["node/Box-B-host"] = "{}";
  const auto internal = [&](const std::string& id, const std::string& gateway) {
    world.store["agent/" + id] = json::canonical(
        json::object{{"gateway", gateway}, {"type", "internal"}, {"registeredBy", "test"}});
  };
  internal("elsewhere", "nowhere");
  internal("renamed", "box-b");          // the canonical form of a node
  internal("box_b", "Box-B-host");       // another spelling of its own gateway
  internal("Box-B-host", "Box-B-host");  // the gateway itself
  in_store(world, [](ansible::Context& context) {
    CHECK(ansible::distribution_targets(context, "owner") ==
          Names{"Box-B-host", "admin", "ext", "node-a", "renamed"});
  });
}

TEST_CASE("CAP-14: on another node than the coordinator nothing is distributed") {
  Published world;
  world.sweeps = false;
  CHECK(text_of(world.sweep("distribution"), "skipped") == "another node is nominated");
  CHECK(tasks_by_target(world).empty());
}
