// CAP-12: a canary's soak is judged by how its tasks ended.
#include <doctest/doctest.h>

#include "capabilities/capability_store.hpp"
#include "plugin/support/capabilities.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

constexpr std::int64_t kSoakMs = 300'000;

// cap.paint 1.0.0 of `owner` is active; 2.0.0 is in canary on `amy`, who also delegates.
struct Soaking : World {
  Soaking() {
    for (const char* id : {"owner", "amy", "bob"}) agent(id);
    install(*this, manifest_of("cap.paint", "owner"));
    install_canary(*this, manifest_of("cap.paint", "owner", "2.0.0"), {"amy"});
    ok("ansible_set_backpressure_policy", {{"max_queue_depth", 500}, {"max_concurrent", 200}});
  }

  std::string task(std::string_view creator) {
    return text_of(ok("ansible_delegate_task", {{"title", "t"},
                                                {"description", "d"},
                                                {"requires", {"cap.paint"}},
                                                {"from_agent", creator}}),
                   "taskId");
  }
  void done(const std::string& id, std::string_view agent, bool well = true) {
    REQUIRE(code_of(claim(*this, id, agent, {})) == "ok");
    const json::object reply =
        well ? complete(*this, id, agent)
             : update(*this, id, agent, {{"status", "failed"}, {"note", "no"}});
    REQUIRE(code_of(reply) == "ok");
  }

  // "active / canary / verdict"
  std::string state() {
    std::string out;
    in_store(*this, [&](ansible::Context& context) {
      const auto revision = ansible::load_revision(context.txn, "cap.paint");
      const auto canary = ansible::load_canary(context.txn, "cap.paint");
      out = revision->active_version.value_or("none") + " / " +
            revision->pending_version.value_or("none") + " / " +
            (canary ? canary->verdict : "no canary");
    });
    return out;
  }
};

}  // namespace

TEST_CASE("CAP-12: a canary whose tasks succeed is promoted when its soak is over, not before") {
  Soaking world;
  world.done(world.task("amy"), "amy");
  world.advance_ms(kSoakMs - 1);
  world.sweep("capability_canary");
  CHECK(world.state() == "1.0.0 / 2.0.0 / ");
  world.advance_ms(1);
  CHECK(world.sweep("capability_canary").at("promoted").as_int64() == 1);
  CHECK(world.state() == "2.0.0 / none / no canary");
  CHECK(world.sweep("capability_canary").at("promoted").as_int64() == 0);
  world.sweep("distribution");  // a promoted version is handed out
  CHECK(world.ok("ansible_find_task", {{"titleContains", "ask-cap.paint"}}).at("total").as_int64() >
        0);
}

TEST_CASE("CAP-12: a canary whose tasks fail is rolled back; what others do does not count") {
  Soaking world;
  world.done(world.task("bob"), "owner");  // of the active version
  world.done(world.task("amy"), "amy", false);
  world.advance_ms(kSoakMs);
  CHECK(world.sweep("capability_canary").at("rolledBack").as_int64() == 1);
  CHECK(world.state() == "1.0.0 / none / no canary");
}

TEST_CASE("CAP-12: a canary need not be better than the active version") {
  Soaking world;
  for (const bool well : {true, false}) {
    world.done(world.task("bob"), "owner", well);
    world.done(world.task("amy"), "amy", well);
  }
  world.advance_ms(kSoakMs);
  CHECK(world.sweep("capability_canary").at("promoted").as_int64() == 1);
}

TEST_CASE("CAP-12: with no finished task it stays, inconclusive, and is judged by the first one") {
  Soaking world;
  const std::string id = world.task("amy");
  const std::string called_off = world.task("amy");
  world.ok("ansible_cancel_task", {{"taskId", called_off}, {"reason", "not needed"}});
  world.advance_ms(kSoakMs);
  CHECK(world.sweep("capability_canary").at("inconclusive").as_int64() == 1);
  CHECK(world.state() == "1.0.0 / 2.0.0 / inconclusive");
  const Store before = world.store;
  world.sweep("capability_canary");
  CHECK(world.store == before);
  const json::object health =
      world.ok("ansible_capability_health_summary", {{"capability_id", "cap.paint"}})
          .at("capabilities")
          .as_array()
          .at(0)
          .as_object();
  CHECK(text_of(health.at("canary").as_object(), "verdict") == "inconclusive");
  world.done(id, "amy");
  world.sweep("capability_canary");
  CHECK(world.state() == "2.0.0 / none / no canary");
}

TEST_CASE("CAP-12: an earlier canary of the same version does not count for the next") {
  Soaking world;
  world.done(world.task("amy"), "amy", false);
  world.advance_ms(1'000);
  install_canary(world, manifest_of("cap.paint", "owner", "2.0.0"), {"amy"});
  world.done(world.task("amy"), "amy");
  world.advance_ms(kSoakMs);
  CHECK(world.sweep("capability_canary").at("promoted").as_int64() == 1);
}
