// A candidate's trial that a restart of the host interrupts.
#include <doctest/doctest.h>

#include <chrono>

#include "canary/host_rig.hpp"

using namespace gateway;
using namespace test;

TEST_CASE("A restart goes on with the stage it finds, with the same policy") {
  for (const CanaryStage stage : {CanaryStage::kShadow, CanaryStage::kSplit, CanaryStage::kSoak}) {
    CAPTURE(stage_name(stage));
    HostRig rig;
    rig.open();
    rig.policy.min_samples = 77;
    rig.policy.stage_ms = rig.policy.soak_ms = 600'000;
    REQUIRE(rig.start("good", stage).ok());
    rig.reopen();
    const auto resumed = rig.host->canary();
    REQUIRE(resumed);
    CAPTURE(to_json(*resumed));
    CHECK(resumed->running);
    CHECK(resumed->stage == stage);
    CHECK(resumed->policy.min_samples == 77);
    CHECK(resumed->active.version == "1.0.0");
    CHECK(rig.active() == (stage == CanaryStage::kSoak ? "1.1.0" : "1.0.0"));
    CHECK(rig.host->steer_canary(CanaryOrder::kAbort).ok());
    CHECK(rig.active() == "1.0.0");
  }
}

TEST_CASE(
    "A soak that goes on after a restart is compared with the release before it all the same") {
  HostRig rig;
  rig.open();
  rig.traffic.start();
  REQUIRE(wait_until([&] { return rig.traffic.calls() > 300; }));
  rig.traffic.stop();
  REQUIRE(rig.start("slow", CanaryStage::kSoak).ok());
  REQUIRE(rig.host->steer_canary(CanaryOrder::kPause).ok());
  rig.reopen();
  REQUIRE(rig.host->steer_canary(CanaryOrder::kResume).ok());
  rig.traffic.start();
  REQUIRE(wait_until([&] { return rig.ended(); }, std::chrono::seconds(240)));
  rig.traffic.stop();
  CAPTURE(to_json(*rig.host->canary()));
  CHECK(rig.host->canary()->verdict.rule == "p99_us");
  CHECK(rig.active() == "1.0.0");
}

TEST_CASE("A pause outlives a restart") {
  HostRig rig;
  rig.open();
  REQUIRE(rig.start("good", CanaryStage::kSplit).ok());
  REQUIRE(rig.host->steer_canary(CanaryOrder::kPause).ok());
  rig.reopen();
  CHECK(rig.host->canary()->paused);
}
