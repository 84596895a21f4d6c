// How capabilities fare (reference 4.9), from counters.
#include <doctest/doctest.h>

#include "capabilities/health.hpp"
#include "plugin/support/capabilities.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

struct Measured : World {
  Measured() {
    agent("owner");
    agent("bob");
    install(*this, manifest_of("cap.paint", "owner"));
    ok("ansible_set_backpressure_policy", {{"max_queue_depth", 500}, {"max_concurrent", 200}});
  }

  std::string task(std::string_view cap = "cap.paint") {
    return text_of(ok("ansible_delegate_task",
                      {{"title", "t"}, {"description", "d"}, {"requires", json::array{cap}}}),
                   "taskId");
  }

  // A task that is claimed after `accept_ms` and completed `work_ms` later.
  void finished(std::int64_t accept_ms, std::int64_t work_ms) {
    const std::string id = task();
    advance_ms(accept_ms);
    REQUIRE(code_of(claim(*this, id, "owner", {})) == "ok");
    advance_ms(work_ms);
    REQUIRE(code_of(complete(*this, id, "owner")) == "ok");
  }

  json::object summary(const json::object& args = {}) {
    return ok("ansible_capability_health_summary", args);
  }
  json::object health(const json::object& args = {}) {
    return summary(args).at("capabilities").as_array().at(0).as_object();
  }
};

}  // namespace

TEST_CASE("reference 4.9: totals, success rate and times of a capability's tasks") {
  Measured world;
  world.finished(1'000, 2'000);
  world.finished(5'000, 1'000);
  const std::string failed = world.task();
  REQUIRE(code_of(claim(world, failed, "owner", {})) == "ok");
  REQUIRE(code_of(update(world, failed, "owner", {{"status", "failed"}, {"note", "no"}})) == "ok");
  world.task();
  delegate(world, "bob");  // without a contract
  CHECK(json::canonical(world.summary()) ==
        R"({"capabilities":[{"capabilityId":"cap.paint","completedTasks":2,"failedTasks":1,)"
        R"("inFlightTasks":1,"p95AcceptMs":5000,"p95CompleteMs":6000,)"
        R"("samples":{"accept":3,"complete":2},"successRate":0.6666666666666666,)"
        R"("totalTasks":4,"windowHours":24}],"sinceHours":24,"totalCapabilities":1})");
}

TEST_CASE("reference 4.9: without a finished task there is no rate, without a task no entry") {
  Measured world;
  CHECK(world.summary().at("totalCapabilities").as_int64() == 0);
  const json::object asked = world.health({{"capability_id", "cap.paint"}});
  CHECK(asked.at("totalTasks").as_int64() == 0);
  CHECK_FALSE(asked.contains("successRate"));
  CHECK_FALSE(asked.contains("p95AcceptMs"));
  world.task();
  CHECK_FALSE(world.health().contains("successRate"));
  CHECK(code_of(world.call("ansible_capability_health_summary", {{"capability_id", "cap.none"}})) ==
        "not_found");
}

TEST_CASE("reference 4.9: the window counts tasks by their creation; its length is clamped") {
  Measured world;
  world.finished(1'000, 1'000);
  world.advance_ms(25 * 3'600'000);
  CHECK(world.summary().at("totalCapabilities").as_int64() == 0);
  CHECK(world.health({{"since_hours", 26}}).at("totalTasks").as_int64() == 1);
  CHECK(world.summary({{"since_hours", 9'999}}).at("sinceHours").as_int64() == 720);
  CHECK(world.summary({{"since_hours", -3}}).at("sinceHours").as_int64() == 1);
}

TEST_CASE("reference 4.9: a task that goes back and is claimed again is one sample") {
  Measured world;
  const std::string id = world.task();
  world.advance_ms(1'000);
  REQUIRE(code_of(claim(world, id, "owner", {})) == "ok");
  REQUIRE(code_of(on_task(world, "ansible_release_task", id, "owner")) == "ok");
  world.advance_ms(60'000);
  REQUIRE(code_of(claim(world, id, "owner", {})) == "ok");
  CHECK(world.health().at("p95AcceptMs").as_int64() == 1'000);
  CHECK(world.health().at("samples").at("accept").as_int64() == 1);
}

TEST_CASE("reference 4.9: of many times the 95th percentile is at most a sixteenth too long") {
  Measured world;
  for (int i = 1; i <= 100; ++i) world.finished(i * 37, 0);
  const std::int64_t p95 = world.health().at("p95AcceptMs").as_int64();
  CHECK(p95 >= 95 * 37);
  CHECK(p95 <= 95 * 37 * 17 / 16);
  CHECK(world.health().at("samples").at("accept").as_int64() == 100);
}

TEST_CASE("reference 4.9: the summary reads counters, not tasks") {
  Measured world;
  world.task();
  world.summary();
  const std::size_t before = world.keys_read;
  for (int i = 0; i < 100; ++i) world.task();
  world.summary();
  CHECK(world.keys_read == before);
}

TEST_CASE("reference 4.9: hours that nobody can ask for any more are forgotten") {
  Measured world;
  const auto hours = [&] {
    std::size_t n = 0;
    for (const auto& [key, value] : world.store) n += key.starts_with("cap-health/") ? 1 : 0;
    return n;
  };
  for (int i = 0; i < 3; ++i) {
    world.task();
    world.advance_ms(3'600'000);
  }
  CHECK(hours() == 3);
  world.advance_ms(32ll * 24 * 3'600'000);
  world.task();
  CHECK(hours() == 1);
}
