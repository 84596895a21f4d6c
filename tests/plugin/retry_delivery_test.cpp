// A task that failed retryably rests, and is delivered again when it may be claimed (T-15).
#include <doctest/doctest.h>

#include <algorithm>

#include "plugin/support/outbox.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

using Said = std::vector<std::string>;

World with_agents() {
  World world;
  for (const char* id : {"bob", "cat"}) world.agent(id);
  return world;
}

// A claim that fails retryably; returns when the task may be claimed again.
std::int64_t try_and_fail(World& world, const std::string& task) {
  claim(world, task, "bob");
  return update(world, task, "bob", {{"status", "failed"}, {"retryable", true}, {"note", "busy"}})
      .at("retryAt")
      .as_int64();
}

int fetched_by(World& world, const char* agent) {
  return world.ok("ansible_poll_inbox", {{"agent", agent}, {"limit", 100}})
      .at("total")
      .to_number<int>();
}

}  // namespace

TEST_CASE("T-15: a task that rests before its retry is delivered when it may be claimed again") {
  World world = with_agents();
  webhook(world, "bob");
  world.ok("ansible_ack_inbox", {{"agent", "cat"}});  // fetches
  const auto task = delegate(world, "bob", {{"title", "again"}, {"to_agents", json::array{"cat"}}});
  deliver_all(world, "bob");
  const std::int64_t retry_at = try_and_fail(world, task);
  world.ok("ansible_send_message",
           {{"content", "does not wait for it"}, {"to", "bob"}, {"notify_on_send", false}});
  world.now_ms = retry_at - 1;
  world.sweep("leases");
  CHECK(deliver_all(world, "bob") == Said{"does not wait for it"});
  CHECK(fetched_by(world, "cat") == 0);
  world.advance_ms(1);
  webhook(world, "bob");  // a sink that is set now gets it once, like any other
  world.sweep("leases");
  CHECK(deliver_all(world, "bob") == Said{"again"});
  CHECK(fetched_by(world, "cat") == 1);
  world.sweep("leases");
  CHECK(deliver_all(world, "bob").empty());
  CHECK(code_of(claim(world, task, "bob")) == "ok");
}

TEST_CASE("T-15: a task that is claimed or cancelled before the sweep is offered no more") {
  for (const std::string_view end : {"claim", "cancel"}) {
    World world = with_agents();
    webhook(world, "bob");
    const auto task = delegate(world, "bob");
    deliver_all(world, "bob");
    world.now_ms = try_and_fail(world, task);
    if (end == "claim") claim(world, task, "bob");
    if (end == "cancel") {
      world.ok("ansible_cancel_task", {{"taskId", task}, {"reason", "no need"}});
    }
    CHECK_FALSE(world.store.lower_bound("retry/")->first.starts_with("retry/"));
    world.sweep("leases");
    CHECK(due(world).empty());
  }
}

TEST_CASE("T-15: the sweep offers again in any number of steps, and idle reads as much as ever") {
  for (const std::size_t per_step : {0u, 1u, 3u}) {
    World world = with_agents();
    world.ok("ansible_ack_inbox", {{"agent", "bob"}});
    world.sweep("leases");
    const std::size_t idle = world.keys_read;
    std::int64_t last = 0;
    for (int i = 0; i < 20; ++i) {
      last = std::max(last, try_and_fail(world, delegate(world, "bob")));
    }
    world.sweep("leases");
    CHECK(world.keys_read == idle);
    CHECK(fetched_by(world, "bob") == 0);
    world.now_ms = last;
    world.yield_every = per_step;
    world.sweep("leases");
    CHECK(fetched_by(world, "bob") == 20);
    world.sweep("leases");
    CHECK(world.keys_read == idle);
  }
}
