// T-17: how old audit records leave the store.
#include <doctest/doctest.h>

#include <algorithm>

#include "plugin/support/outbox.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

constexpr std::int64_t kDay = 86'400'000;

// Settles what is due and returns the records in it: "<kind> <seq>".
std::vector<std::string> archived(World& world) {
  std::vector<std::string> out;
  for (auto batch = due(world); !batch.empty(); batch = due(world)) {
    for (const json::object& delivery : batch) {
      CHECK(text_of(delivery, "stream") == "audit");
      for (const json::value& record : delivery.at("payload").at("records").as_array()) {
        out.push_back(text_of(record.as_object(), "kind") + ' ' +
                      std::to_string(record.at("seq").as_int64()));
        CHECK(text_of(record.as_object(), "time").size() == 24);
        CHECK_FALSE(text_of(record.as_object(), "taskId").empty());
      }
      settle(world, text_of(delivery, "id"), ansible::DeliveryOutcome::kDelivered);
    }
  }
  return out;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("T-17: after 30 days the records of closed tasks are handed to the host, oldest first") {
  World world;
  world.agent("bob");
  const std::string done = task_in(world, "completed", "bob");
  world.advance_ms(30 * kDay);
  CHECK(world.sweep("audit").at("pruned").as_int64() == 0);
  world.advance_ms(1);
  CHECK(world.sweep("audit").at("pruned").as_int64() == 3);
  CHECK(rows(world, "audit") == 0);
  CHECK(kinds_of(world, done).empty());
  CHECK(archived(world) == Lines{"created 0", "claimed 1", "completed 2"});
  CHECK(rows(world, "outbox/") == 0);
  CHECK(rows(world, "delivery/") == 0);
  CHECK(world.sweep("audit").at("pruned").as_int64() == 0);
}

TEST_CASE("T-17: records stay as long as their task is open") {
  World world;
  world.agent("bob");
  const std::string open = task_in(world, "claimed", "bob");
  world.advance_ms(31 * kDay);
  CHECK(world.sweep("audit").at("pruned").as_int64() == 0);
  CHECK(kinds_of(world, open) == "created ack_accepted claimed");
  REQUIRE(code_of(complete(world, open, "bob")) == "ok");
  CHECK(world.sweep("audit").at("pruned").as_int64() == 2);
  CHECK(archived(world) == Lines{"created 0", "claimed 1"});
  CHECK(kinds_of(world, open) == "completed");
}

TEST_CASE("T-17: what the host has not settled is kept and offered again") {
  World world;
  task_in(world, "completed", "admin");
  world.advance_ms(31 * kDay);
  world.sweep("audit");
  const auto first = due(world);
  REQUIRE(first.size() == 1);
  settle(world, text_of(first[0], "id"), ansible::DeliveryOutcome::kRetryLater, "disk full");
  CHECK(due(world).empty());
  world.advance_ms(kDay);
  const auto again = due(world);
  REQUIRE(again.size() == 1);
  CHECK(text_of(again[0], "id") == text_of(first[0], "id"));
  CHECK(json::canonical(again[0].at("payload")) == json::canonical(first[0].at("payload")));
}

TEST_CASE("T-17: auditRetentionDays says how long, and pruned tasks do not hold their records") {
  World world(R"({"tier":"backbone","auditRetentionDays":10})");
  task_in(world, "failed", "admin");
  world.advance_ms(9 * kDay);
  CHECK(world.sweep("retention").at("prunedTasks").as_int64() == 1);
  CHECK(world.sweep("audit").at("pruned").as_int64() == 0);
  world.advance_ms(2 * kDay);
  CHECK(world.sweep("audit").at("pruned").as_int64() == 3);
}

TEST_CASE("T-17: many records go in steps, none is lost or handed over twice, also after a kill") {
  World world;
  world.agent("bob");
  world.ok("ansible_set_backpressure_policy", {{"max_queue_depth", 500}});
  const std::string open = delegate(world, "bob");
  for (int i = 0; i < 100; ++i) {
    const std::string task = delegate(world, "bob");
    REQUIRE(code_of(world.call("ansible_cancel_task", {{"taskId", task}, {"reason", "x"}})) ==
            "ok");
  }
  world.advance_ms(31 * kDay);
  CHECK_FALSE(world.sweep_and_kill("audit", 2));
  CHECK(rows(world, "audit-time/") > 1);
  world.yield_every = 7;
  world.sweep("audit");
  CHECK(rows(world, "audit-time/") == 1);  // of the open task
  Lines lines = archived(world);
  CHECK(lines.size() == 200);
  CHECK(std::count(lines.begin(), lines.end(), "cancelled 1") == 100);
}

TEST_CASE("T-17: the audit log is pruned on the coordinator only") {
  World world;
  task_in(world, "completed", "admin");
  world.advance_ms(31 * kDay);
  world.sweeps = false;
  CHECK(world.sweep("audit").contains("skipped"));
  CHECK(rows(world, "audit-time/") == 3);
}
