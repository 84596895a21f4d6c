#include <doctest/doctest.h>

#include "core/build_info.hpp"
#include "plugin/support/tasks.hpp"
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

namespace {

json::value node_of(World& world, std::string_view id) {
  const json::object status = world.ok("ansible_status", {});
  for (const json::value& node : status.at("nodes").as_array()) {
    if (node.at("id").as_string() == id) return node;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("COO-2: reachable is told apart from presence") {
  World world;
  world.node_id = "node-b";
  world.start();
  world.node_id = "node-a";
  CHECK(node_of(world, "node-b").at("reachable").as_bool());
  world.advance_ms(90'001);  // no sign of node-b; stale only after 300 s
  CHECK_FALSE(node_of(world, "node-b").at("reachable").as_bool());
  CHECK(node_of(world, "node-b").at("status").as_string() == "online");
  CHECK(node_of(world, "node-a").at("reachable").as_bool());  // it answers
  // Its pulse is late, but its host still writes.
  world.node_id = "node-b";
  world.caller.kind = ansible::CallerKind::kHost;
  const json::object run{{"at", world.now_ms}, {"rootDir", "/home/x/.openclaw/agents"},
                         {"everySeconds", 60}, {"staleSeconds", 300},
                         {"found", 0},         {"removed", 0},
                         {"kept", 0},          {"errors", 0}};
  const json::object totals{{"runs", 1}, {"found", 0}, {"removed", 0}, {"kept", 0}, {"errors", 0}};
  world.advance_ms(300'000);
  world.ok("ansible_report_lock_sweep", {{"lastStatus", run}, {"totals", totals}});
  world.node_id = "node-a";
  CHECK(node_of(world, "node-b").at("status").as_string() == "stale");
  CHECK(node_of(world, "node-b").at("reachable").as_bool());
}

TEST_CASE("COO-2: who said goodbye is offline and not reachable") {
  World world;
  world.node_id = "node-b";
  world.start();
  world.stop();
  world.node_id = "node-a";
  CHECK(node_of(world, "node-b").at("status").as_string() == "offline");
  CHECK_FALSE(node_of(world, "node-b").at("reachable").as_bool());
}

TEST_CASE("COO-2: a node is busy while one of its agents holds as much as it may") {
  World world(R"({"tier":"backbone","injectContextAgents":["ann"]})");
  world.ok("ansible_set_backpressure_policy", {{"max_concurrent", 1}});
  const std::string task = ansible_test::task_in(world, "claimed", "ann");
  world.sweep("pulse");
  CHECK(node_of(world, "node-a").at("status").as_string() == "busy");
  REQUIRE(ansible_test::code_of(ansible_test::complete(world, task, "ann")) == "ok");
  world.sweep("pulse");
  CHECK(node_of(world, "node-a").at("status").as_string() == "online");
}

TEST_CASE("Status shows a node's focus and skills") {
  World world;
  world.ok("ansible_update_context", {{"currentFocus", "moving house"}});
  world.ok("ansible_advertise_skills", {{"skills", {"deploy"}}});
  const json::value node = node_of(world, "node-a");
  CHECK(node.at("currentFocus").as_string() == "moving house");
  CHECK(json::canonical(node.at("skills")) == R"(["deploy"])");
}

TEST_CASE("COO-4: a node's preference is advisory, and leaving a field out clears it") {
  World world;
  world.agent("ann");
  world.ok("ansible_set_coordination_preference",
           {{"desiredCoordinator", "node-z"}, {"desiredSweepEverySeconds", 60}});
  world.ok("ansible_set_coordination_preference", {{"desiredSweepEverySeconds", 90}});
  const json::object shown = world.ok("ansible_get_coordination", {});
  CHECK(json::canonical(shown.at("myPreference")) ==
        R"({"desiredSweepEverySeconds":90,"updatedAt":1800000000000})");
  CHECK(shown.at("preferences").at("node-a") == shown.at("myPreference"));
  CHECK_FALSE(shown.contains("coordinator"));
  CHECK(ansible_test::code_of(world.call("ansible_set_coordination_preference", json::object{})) ==
        "invalid_argument");
  CHECK(ansible_test::code_of(world.call("ansible_set_coordination_preference",
                                         {{"desiredCoordinator", "ann"}, {"from_agent", "ann"}})) ==
        "not_authorized");
}

TEST_CASE(
    "COO-4, WHO-10: retention is set by an admin; what is left out goes back to its default") {
  World world;
  world.agent("ann");
  CHECK(world.ok("ansible_get_coordination", {}).at("retentionClosedTaskSeconds").as_int64() ==
        604'800);
  world.ok("ansible_set_retention", {{"closedTaskRetentionDays", 30}, {"pruneEveryHours", 1}});
  world.ok("ansible_set_retention", {{"closedTaskRetentionDays", 2}});
  const json::object shown = world.ok("ansible_get_coordination", {});
  CHECK(shown.at("retentionClosedTaskSeconds").as_int64() == 172'800);
  CHECK(shown.at("retentionPruneEverySeconds").as_int64() == 86'400);
  CHECK(shown.at("retentionUpdatedBy").as_string() == "node-a");
  CHECK(ansible_test::code_of(world.call("ansible_set_retention",
                                         {{"closedTaskRetentionDays", 91}})) == "invalid_argument");
  CHECK(ansible_test::code_of(world.call("ansible_set_retention", {{"from_agent", "ann"}})) ==
        "not_authorized");
}

TEST_CASE("COO-3: the host reports its lock sweep, everybody reads it, nobody else reports") {
  World world(R"({"tier":"backbone","lockSweep":{"everySeconds":90}})");
  const json::object before = world.ok("ansible_lock_sweep_status", {});
  CHECK(before.at("enabled").as_bool());
  CHECK(json::canonical(before.at("config")) == R"({"everySeconds":90,"staleSeconds":300})");
  CHECK(before.at("lastStatus").is_null());
  CHECK(before.at("totals").at("runs").as_int64() == 0);
  const json::object run{{"at", 5},    {"rootDir", "/r"}, {"everySeconds", 90},
                         {"found", 3}, {"removed", 1},    {"staleSeconds", 300},
                         {"kept", 2},  {"errors", 0}};
  const json::object totals{{"runs", 4}, {"found", 9}, {"removed", 2}, {"kept", 7}, {"errors", 0}};
  const json::object report{{"lastStatus", run}, {"totals", totals}};
  CHECK(ansible_test::code_of(world.call("ansible_report_lock_sweep", report)) == "not_authorized");
  world.caller.kind = ansible::CallerKind::kHost;
  world.ok("ansible_report_lock_sweep", report);
  world.caller.kind = ansible::CallerKind::kOperator;
  const json::object after = world.ok("ansible_lock_sweep_status", {});
  CHECK(json::canonical(after.at("lastStatus")) == json::canonical(run));
  CHECK(json::canonical(after.at("totals")) == json::canonical(totals));
}
