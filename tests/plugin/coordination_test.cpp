#include <doctest/doctest.h>

#include "core/build_info.hpp"
#include "plugin/support/world.hpp"

using ansible_test::World;
namespace json = base::json;

TEST_CASE("COO-1: the first nomination is free, replacing one needs confirmLastResort") {
  World world;
  CHECK(world.ok("ansible_set_coordination", {{"coordinator", "node-a"}}).at("coordinator") ==
        json::value("node-a"));
  CHECK(world.call("ansible_set_coordination", {{"coordinator", "node-b"}}).at("code") ==
        json::value("invalid_argument"));
  const auto switched = world.ok("ansible_set_coordination",
                                 {{"coordinator", "node-b"}, {"confirmLastResort", true}});
  CHECK(switched.at("previousCoordinator") == json::value("node-a"));
  CHECK(switched.contains("note"));
  CHECK(world.ok("ansible_get_coordination", {}).at("coordinator") == json::value("node-b"));
}

TEST_CASE("COO-2: presence follows the pulse's age") {
  World world;
  const auto shown = [&] {
    return world.ok("ansible_status", {{"staleAfterSeconds", 60}}).at("nodes").at(0).at("status");
  };
  CHECK(shown() == json::value("online"));
  world.advance_ms(60'001);
  CHECK(shown() == json::value("stale"));
  world.sweep("pulse");
  CHECK(shown() == json::value("online"));
}

TEST_CASE("Backpressure is clamped as the reference says, and the change is told to everybody") {
  World world;
  world.agent("ann");
  const auto reply = world.ok("ansible_set_backpressure_policy",
                              {{"max_concurrent", 0}, {"max_queue_depth", 9999}});
  CHECK(reply.at("previous") ==
        json::value{{"maxConcurrent", 6}, {"maxQueueDepth", 40}, {"retryBudget", 3}});
  CHECK(reply.at("current") ==
        json::value{{"maxConcurrent", 1}, {"maxQueueDepth", 500}, {"retryBudget", 3}});
  const auto inbox = world.ok("ansible_read_messages", {{"agent", "ann"}, {"all", true}});
  CHECK(inbox.at("messages").at(0).at("intent") == json::value("backpressure_policy_updated"));
  CHECK(inbox.at("unreadMessages") == 0);
  CHECK(world.call("ansible_set_backpressure_policy", json::object{}).at("code") ==
        json::value("invalid_argument"));
}

TEST_CASE("Status shows the plugin by which a swap is seen, pending tasks and unread messages") {
  World world;
  world.agent("ann");
  world.ok("ansible_delegate_task",
           {{"title", "first"}, {"description", "d"}, {"assignedTo", "ann"}});
  const auto status = world.ok("ansible_status", {});
  CHECK(status.at("plugin").at("version") == json::value(ansible::plugin_version()));
  CHECK(status.at("plugin").at("buildId") == json::value(ansible::plugin_build_id()));
  CHECK(status.at("myId") == json::value("node-a"));
  REQUIRE(status.at("pendingTasks").as_array().size() == 1);
  const json::value& task = status.at("pendingTasks").at(0);
  CHECK(task.at("id").as_string().size() == 8);
  CHECK(task.at("assignedTo") == json::value("ann"));
  CHECK(status.at("unreadMessages") == 0);
}
