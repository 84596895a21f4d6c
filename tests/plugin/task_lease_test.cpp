#include <doctest/doctest.h>

#include "core/fields.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

std::size_t lease_entries(const World& world) {
  std::size_t n = 0;
  for (const auto& [key, value] : world.store) n += key.starts_with("lease/") ? 1 : 0;
  return n;
}

std::int64_t released(const json::object& reply) {
  return ansible::int_field(reply, "released").value_or(-1);
}

}  // namespace

TEST_CASE("T-9: a claim without an update for its lease goes back to pending") {
  World world;
  world.agent("bob");
  const std::string task = delegate(world, "bob", {{"claimLeaseSeconds", 60}});
  const json::object reply = claim(world, task, "bob");
  CHECK(reply.at("leaseExpiresAt").as_int64() == world.now_ms + 60'000);
  world.advance_ms(59'999);
  CHECK(released(world.sweep("leases")) == 0);
  CHECK(status_of(world, task) == "claimed");
  world.advance_ms(1);
  CHECK(released(world.sweep("leases")) == 1);
  const json::object stored = shown(world, task);
  CHECK(text_of(stored, "status") == "pending");
  CHECK_FALSE(stored.contains("claimedBy_agent"));
  CHECK(kinds_of(world, task) == "created ack_accepted claimed released");
  CHECK(lease_entries(world) == 0);
  CHECK(code_of(update(world, task, "bob")) == "not_claimer");
  CHECK(code_of(claim(world, task, "bob")) == "ok");
}

TEST_CASE("T-9: each update of the claimer renews the lease") {
  World world;
  world.agent("bob");
  const std::string task = delegate(world, "bob", {{"claimLeaseSeconds", 60}});
  REQUIRE(code_of(claim(world, task, "bob")) == "ok");
  for (int i = 0; i < 5; ++i) {
    world.advance_ms(59'000);
    const json::object reply = update(world, task, "bob");
    CHECK(reply.at("leaseExpiresAt").as_int64() == world.now_ms + 60'000);
    CHECK(released(world.sweep("leases")) == 0);
    CHECK(lease_entries(world) == 1);
  }
  world.advance_ms(60'000);
  CHECK(released(world.sweep("leases")) == 1);
}

TEST_CASE(
    "T-9: the lease comes from the argument, else from the configuration, else there is none") {
  struct Case {
    std::string_view config;
    json::object more;
    std::int64_t seconds;
  };
  const Case cases[] = {
      {R"({"tier":"backbone"})", {}, 0},
      {R"({"tier":"backbone","claimLeaseSeconds":30})", {}, 30},
      {R"({"tier":"backbone","claimLeaseSeconds":30})", {{"claimLeaseSeconds", 7}}, 7},
      {R"({"tier":"backbone","claimLeaseSeconds":30})", {{"claimLeaseSeconds", 0}}, 0},
  };
  for (const Case& c : cases) {
    World world(c.config);
    world.agent("bob");
    const std::string task = delegate(world, "bob", c.more);
    const json::object reply = claim(world, task, "bob");
    CHECK(ansible::int_field(reply, "leaseExpiresAt").value_or(world.now_ms) ==
          world.now_ms + c.seconds * 1000);
    CHECK(lease_entries(world) == (c.seconds == 0 ? 0 : 1));
  }
}

TEST_CASE("T-9: a finished, released or cancelled task has no lease left") {
  for (const std::string_view tool :
       {"ansible_complete_task", "ansible_release_task", "ansible_cancel_task"}) {
    World world;
    world.agent("bob");
    const std::string task = delegate(world, "bob", {{"claimLeaseSeconds", 60}});
    REQUIRE(code_of(claim(world, task, "bob")) == "ok");
    REQUIRE(lease_entries(world) == 1);
    const std::string_view by = tool == "ansible_cancel_task" ? "admin" : "bob";
    json::object args;
    if (tool == "ansible_complete_task") args["result"] = "x";
    if (tool == "ansible_cancel_task") args["reason"] = "x";
    REQUIRE(code_of(on_task(world, tool, task, by, args)) == "ok");
    CHECK(lease_entries(world) == 0);
    world.advance_ms(100'000);
    CHECK(released(world.sweep("leases")) == 0);
  }
}

TEST_CASE("T-9: only the coordinator returns expired claims") {
  World world;
  world.agent("bob");
  const std::string task = delegate(world, "bob", {{"claimLeaseSeconds", 1}});
  REQUIRE(code_of(claim(world, task, "bob")) == "ok");
  world.advance_ms(5'000);
  world.sweeps = false;
  const Store before = world.store;
  CHECK(text_of(world.sweep("leases"), "skipped") == "another node is nominated");
  CHECK(world.store == before);
}

TEST_CASE(
    "T-9: the sweep gives the same result in any number of steps, also when killed between them") {
  std::optional<Store> expected;
  for (const std::size_t per_step : {0u, 1u, 2u, 64u}) {
    for (const bool kill : {false, true}) {
      World world(R"({"tier":"backbone","claimLeaseSeconds":10})");
      world.ok("ansible_set_backpressure_policy", {{"max_concurrent", 100}});
      world.agent("bob");
      for (int i = 0; i < 7; ++i) {
        REQUIRE(code_of(claim(world, delegate(world, "bob"), "bob")) == "ok");
        world.advance_ms(1'000);
      }
      world.advance_ms(6'500);  // four of them have expired
      world.yield_every = per_step;
      if (kill) world.sweep_and_kill("leases", 2);
      const json::object reply = world.sweep("leases");
      if (!kill) CHECK(released(reply) == 4);
      CHECK(lease_entries(world) == 3);
      if (!expected) expected = world.store;
      CHECK(world.store == *expected);
    }
  }
}

TEST_CASE("T-9: a sweep with nothing to do reads one place, however many leases there are") {
  World world(R"({"tier":"backbone","claimLeaseSeconds":1000})");
  world.ok("ansible_set_backpressure_policy", {{"max_concurrent", 1000}, {"max_queue_depth", 500}});
  world.agent("bob");
  world.sweep("leases");
  const std::size_t idle = world.keys_read;
  for (int i = 0; i < 200; ++i)
    REQUIRE(code_of(claim(world, delegate(world, "bob"), "bob")) == "ok");
  world.sweep("leases");
  CHECK(world.keys_read == idle);
}
