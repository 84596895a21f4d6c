// Closed tasks leave after a while (reference 5.5), and ledger entries when nobody can need them (T-5).
#include <doctest/doctest.h>

#include <algorithm>

#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

constexpr std::int64_t kDay = 86'400'000;

// What the store would hold had the tasks never existed, apart from the audit log and the notices.
std::size_t task_rows(const World& world) {
  std::size_t count = 0;
  for (const char* prefix :
       {"task/", "task-time/", "task-sla/", "by-status/", "by-assignee/", "by-creator/",
        "by-claimer/", "agent-load/", "due/", "lease/", "ledger/task/", "ledger-left/"}) {
    count += rows(world, prefix);
  }
  return count;
}

}  // namespace

TEST_CASE(
    "Retention: closed tasks go after seven days with all that belongs to them; open ones stay") {
  World world;
  world.agent("bob");
  const json::object sla{{"sla", {{"acceptSlaSeconds", 60}, {"completeSlaSeconds", 600}}}};
  const std::string done = delegate(world, "bob", sla);
  REQUIRE(code_of(claim(world, done, "bob")) == "ok");
  REQUIRE(code_of(complete(world, done, "bob")) == "ok");
  task_in(world, "failed", "bob");
  const std::string open = task_in(world, "claimed", "bob");
  const std::string pending = delegate(world, "bob");
  world.advance_ms(7 * kDay);
  CHECK(world.sweep("retention").at("prunedTasks").as_int64() == 0);  // not yet older
  CHECK(world.sweep("retention").at("skipped").as_string() == "not due");
  world.advance_ms(kDay);
  CHECK(world.sweep("retention").at("prunedTasks").as_int64() == 2);
  CHECK(rows(world, "task/") == 2);
  CHECK(rows(world, "task-sla/") == 0);
  CHECK(rows(world, "by-status/") == 2);
  CHECK(rows(world, "by-assignee/") == 2);
  CHECK(rows(world, "ledger/task/" + done) == 0);
  CHECK(status_of(world, open) == "claimed");
  CHECK(status_of(world, pending) == "pending");
  const json::object status = world.ok("ansible_status", {});
  CHECK(json::canonical(status.at("tasksByStatus")) == R"({"claimed":1,"pending":1})");
  CHECK(code_of(world.call("ansible_task_timeline", {{"taskId", done}})) == "not_found");
  CHECK(world.ok("ansible_get_coordination", {}).at("retentionLastPruneAt").as_int64() ==
        world.now_ms);
  // What happened stays on record for 30 days.
  CHECK(world.ok("ansible_audit_log", {{"taskId", done}}).at("returned").as_int64() == 3);
}

TEST_CASE("Retention: when all tasks are gone, nothing of them is left") {
  World world;
  world.agent("bob");
  for (const char* status : {"completed", "failed", "completed"}) task_in(world, status, "bob");
  world.advance_ms(8 * kDay);
  world.sweep("retention");
  CHECK(task_rows(world) == 0);
  CHECK(json::canonical(world.ok("ansible_status", {}).at("tasksByStatus")) == "{}");
}

TEST_CASE("T-5: entries younger than seven days answer on although their task is gone") {
  World world;
  world.agent("bob");
  world.ok("ansible_set_retention", {{"closedTaskRetentionDays", 1}, {"pruneEveryHours", 1}});
  const std::string task = task_in(world, "claimed", "bob");
  const json::object request{{"result", "done"}, {"idempotency_key", "k1"}};
  const json::object first = complete(world, task, "bob", request);
  REQUIRE(code_of(first) == "ok");
  world.advance_ms(2 * kDay);
  CHECK(world.sweep("retention").at("prunedTasks").as_int64() == 1);
  const json::object again = complete(world, task, "bob", request);
  CHECK(again.at("idempotent").as_bool());
  CHECK(again.at("message") == first.at("message"));
  CHECK(code_of(complete(world, task, "bob", {{"result", "else"}, {"idempotency_key", "k1"}})) ==
        "not_found");
  world.advance_ms(5 * kDay + 1);
  CHECK(world.sweep("retention").at("prunedEntries").as_int64() == 2);  // claim and complete
  CHECK(code_of(complete(world, task, "bob", request)) == "not_found");
  CHECK(task_rows(world) == 0);
}

TEST_CASE("T-5: an entry of a creating tool lives as long as its task, and at least seven days") {
  World world;
  world.agent("bob");
  world.ok("ansible_set_retention", {{"closedTaskRetentionDays", 1}, {"pruneEveryHours", 1}});
  const auto create = [&](const char* key) {
    return delegate(world, "bob", {{"idempotency_key", key}});
  };
  const std::string open = create("open");
  const std::string closed = create("closed");
  REQUIRE(code_of(world.call("ansible_cancel_task", {{"taskId", closed}, {"reason", "x"}})) ==
          "ok");
  world.advance_ms(6 * kDay);
  world.sweep("retention");
  CHECK(create("closed") == closed);  // a replay, although the task was pruned
  world.advance_ms(2 * kDay);
  world.sweep("retention");
  CHECK(create("open") == open);
  CHECK(create("closed") != closed);
}

TEST_CASE("Retention works in steps, and an interrupted prune begins again") {
  World whole;
  World stepped;
  for (World* world : {&whole, &stepped}) {
    world->agent("bob");
    world->ok("ansible_set_backpressure_policy", {{"max_queue_depth", 500}});
    for (int i = 0; i < 150; ++i) {
      const std::string task = delegate(*world, "bob", {{"idempotency_key", std::to_string(i)}});
      REQUIRE(code_of(world->call("ansible_cancel_task", {{"taskId", task}, {"reason", "x"}})) ==
              "ok");
    }
    world->advance_ms(8 * kDay);
  }
  CHECK(whole.sweep("retention").at("prunedTasks").as_int64() == 150);
  CHECK(whole.steps > 2);
  stepped.yield_every = 1;
  CHECK_FALSE(stepped.sweep_and_kill("retention", 20));
  CHECK(rows(stepped, "task/") == 130);
  stepped.sweep("retention");
  CHECK(rows(stepped, "task/") == 0);
  CHECK(rows(stepped, "ledger/") == 0);
  CHECK(task_rows(whole) == task_rows(stepped));
}

TEST_CASE("Retention runs on the coordinator only") {
  World world;
  task_in(world, "completed", "admin");
  world.advance_ms(30 * kDay);
  world.sweeps = false;
  CHECK(world.sweep("retention").contains("skipped"));
  CHECK(rows(world, "task/") == 1);
}
