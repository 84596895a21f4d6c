#include <doctest/doctest.h>

#include "capabilities/capability_store.hpp"
#include "plugin/support/capabilities.hpp"
#include "plugin/support/publishing.hpp"

using namespace ansible_test;

TEST_CASE(
    "CAP-1: a withdrawal passes U0 to U4 and returns the unwinding evidence of all versions") {
  CapabilityWorld world;
  world.published(demo_manifest("1.0.0"));
  world.published(demo_manifest("2.0.0"));
  const json::object reply = world.unpublish();
  INFO(json::canonical(reply));
  CHECK(gates_of(reply, "unpublishPipeline") ==
        "U0:passed U1:passed U2:passed U3:passed U4:passed");
  CHECK(reply.at("capability").at("status").as_string() == "disabled");
  CHECK(reply.at("capability").at("version").as_string() == "2.0.0");
  const json::object& revision = reply.at("revision").as_object();
  CHECK_FALSE(revision.contains("activeVersion"));
  CHECK_FALSE(revision.contains("currentOwnerAgentId"));
  CHECK(json::canonical(revision.at("archivedVersions")) == R"(["1.0.0","2.0.0"])");
  CHECK(text_of(revision, "lastAction") == "unpublished");
  const json::object& unwound = reply.at("unwindEvidence").as_object();
  CHECK(json::canonical(unwound.at("manifestKeysScanned")) ==
        R"(["cap.demo:1.0.0","cap.demo:2.0.0"])");
  CHECK(json::canonical(unwound.at("manifestKeysTouched")) == R"(["cap.demo:2.0.0"])");
  CHECK(json::canonical(unwound.at("steps").at(0).at("wiring")) ==
        R"({"action":"idempotent","activeAfter":false,"activeBefore":false,"existed":true})");
  CHECK(json::canonical(unwound.at("steps").at(1).at("installStage")) ==
        R"({"action":"applied","existed":true,"statusAfter":"unwired","statusBefore":"wired"})");
  CHECK(world.eligible().empty());
  CHECK(world.statuses() == "1.0.0 deprecated, 2.0.0 disabled");
  CHECK(events_of(world.store) ==
        "capability_published capability_published capability_unpublished");
}

TEST_CASE("a withdrawal that is repeated changes nothing and tells nobody") {
  CapabilityWorld world;
  world.published(demo_manifest());
  world.unpublish();
  world.advance_ms(1000);
  const Store before = world.store;
  const json::object again = world.unpublish();
  CHECK(gates_of(again, "unpublishPipeline") ==
        "U0:passed U1:skipped U2:skipped U3:skipped U4:skipped");
  CHECK(again.at("lifecycleMessageId").is_null());
  CHECK(events_of(world.store, before) == "");
}

TEST_CASE(
    "CAP-13: withdrawing is for the owner, first publisher, admin and operator; else nothing "
    "happens") {
  CapabilityWorld world;
  world.agent("outside", "external");
  world.agent("executor");
  json::object manifest = changed(demo_manifest(), "/ownerAgentId", "executor");
  world.published(manifest);
  const Store before = world.store;
  for (const char* stranger : {"helper", "outside"}) {
    const json::object reply = world.unpublish({{"from_agent", stranger}});
    CHECK(code_of(reply) == "not_authorized");
    CHECK(gate_of(reply, "U0", "unpublishPipeline") == "failed");
    CHECK(gate_of(reply, "U1", "unpublishPipeline") == "skipped");
    CHECK(world.store == before);
  }
  CHECK(code_of(world.unpublish({{"capability_id", "cap.other"}})) == "not_found");
  for (const json::value& who :
       {json::value("executor"), json::value("owner"), json::value("admin"), json::value()}) {
    world.store = before;
    CHECK(code_of(world.unpublish({{"from_agent", who}})) == "ok");
  }
}

TEST_CASE("CAP-13: who stands in for the owner may neither withdraw nor take over the capability") {
  CapabilityWorld world;
  world.published(changed(demo_manifest(), "/standbyOwnerAgentIds", json::array{"helper"}));
  in_store(world, [](ansible::Context& context) {
    auto revision = ansible::load_revision(context.txn, "cap.demo");
    REQUIRE(revision);
    revision->current_owner_agent_id = "helper";
    ansible::save_revision(context.txn, *revision);
  });
  CHECK(code_of(world.unpublish({{"from_agent", "helper"}})) == "not_authorized");
  json::object taken = changed(demo_manifest("2.0.0"), "/ownerAgentId", "helper");
  taken = changed(taken, "/provenance/publishedByAgentId", "helper");
  const json::object reply = world.publish(taken, {{"from_agent", "helper"}});
  CHECK(code_of(reply) == "not_authorized");
  CHECK(gate_of(reply, "G0") == "failed");
  CHECK(code_of(world.unpublish()) == "ok");  // its owner
}

TEST_CASE("CAP-7, CAP-11: a withdrawal takes the canary with it") {
  CapabilityWorld world;
  world.published(demo_manifest("1.0.0"));
  world.published(changed(demo_manifest("2.0.0"), "/rollout/mode", "canary"));
  world.unpublish();
  CHECK(world.statuses() == "1.0.0 disabled, 2.0.0 disabled");
  CHECK_FALSE(world.store.contains("cap-canary/cap.demo"));
  world.published(changed(demo_manifest("2.0.0"), "/rollout/mode", "canary"));
  CHECK(world.statuses() == "1.0.0 disabled, 2.0.0 canary");
}

TEST_CASE("CAP-14: a withdrawal calls off the distribution of what was published") {
  CapabilityWorld world;
  world.published(demo_manifest());
  REQUIRE(world.store.contains("cap-distribution/cap.demo/1.0.0"));
  world.sweep("distribution");
  const json::object reply = world.unpublish();
  CHECK(reply.at("distributionTasksCancelled").as_int64() > 0);
  CHECK_FALSE(world.store.contains("cap-distribution/cap.demo/1.0.0"));
}
