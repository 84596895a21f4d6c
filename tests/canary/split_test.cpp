#include <doctest/doctest.h>

#include <string>

#include "canary/canary_referee.hpp"
#include "canary/rig.hpp"

using namespace gateway;
using namespace test;

TEST_CASE("A split gives the candidate its share, and a route stays on one side") {
  CanaryRig rig("good");
  rig.split(25);
  for (int id = 0; id < 400; ++id) {
    const std::string name = "r" + std::to_string(id);
    const std::string first = rig.call("work", name).release.version;
    CHECK(rig.call("work", name).release.version == first);
  }
  const Scores scores = rig.file->scores.read();
  CHECK(scores.active.calls + scores.candidate.calls == 800);
  CHECK(scores.candidate.calls > 120);
  CHECK(scores.candidate.calls < 280);
  rig.referee->set_plan({CanaryStage::kSplit, 0});
  for (int id = 0; id < 50; ++id) {
    CHECK(rig.call("look", "r" + std::to_string(id)).release.version == "1.0.0");
  }
}

TEST_CASE("A call that fails in the candidate is run again by the active release, unnoticed") {
  CanaryRig rig("throws");
  rig.split(100);
  for (int id = 0; id < 100; ++id) {
    CHECK(rig.call("work", "f" + std::to_string(id)).status == GW_OK);
  }
  const Scores scores = rig.file->scores.read();
  CHECK(scores.candidate.calls == 100);
  CHECK(scores.candidate.internal_errors == 2);
  CHECK(scores.active.calls == 2);
  for (int id = 0; id < 100; ++id) CHECK(rig.stored("task/f" + std::to_string(id)) != "");
  const auto evidence = base::json::parse(read_text(rig.file->evidence.files().front()));
  CHECK(evidence->at("candidate").at("error") == "out of luck");
}

TEST_CASE("What the candidate writes too much never reaches the store") {
  CanaryRig rig("escalates");
  rig.split(100);
  CHECK(rig.call("work", "a").status == GW_OK);
  CHECK(rig.stored("task/a") != "");
  CHECK(rig.stored("message/a/0") == "");
  CHECK(rig.file->scores.read().candidate.escalations == 1);

  // Notices that the active release would send as well are no fault, and are sent.
  CanaryRig fair("good");
  fair.split(100);
  fair.put("late/x", "{}");
  fair.sweep();
  CHECK(fair.stored("message/x") != "");
  CHECK(fair.file->scores.read().candidate.escalations == 0);
}

TEST_CASE("A budget counts by itself") {
  CanaryRig rig("escalates");
  rig.split(100);
  for (const char* name : {"late/1", "late/2", "late/3", "late/4"}) rig.put(name, "{}");
  rig.sweep();
  const Scores scores = rig.file->scores.read();
  CHECK(scores.candidate.over_budget == 1);
  CHECK(scores.candidate.escalations == 1);
  CHECK(rig.stored("message/3") != "");
  CHECK(rig.stored("message/4") == "");
}

TEST_CASE("A forbidden transition is not written") {
  CanaryRig rig("reopens");
  rig.split(100);
  for (int step = 0; step < 4; ++step) rig.call("work", "v");
  CHECK(rig.call("reopen", "v").status == GW_REFUSED);
  CHECK(contains(rig.stored("task/v"), "completed"));
  CHECK(rig.file->scores.read().candidate.violations == 1);
}

TEST_CASE("A pipeline failure that the active release does not have is counted and not kept") {
  CanaryRig rig("fails_pipelines");
  rig.split(100);
  const Outcome outcome = rig.call("publish", "p");
  CHECK(contains(outcome.body, R"("published":true)"));
  CHECK(rig.file->scores.read().candidate.pipeline_failures == 1);
}

TEST_CASE("Calls that wait for a candidate when its trial ends are run by the active release") {
  CanaryRig rig("good");
  rig.split(100);
  rig.referee->close();
  CHECK(rig.call("work", "c").release.version == "1.0.0");
}

TEST_CASE("In a soak the release before puts right what the new one does wrong") {
  CanaryRig rig("throws");
  rig.soak();
  for (int id = 0; id < 60; ++id) {
    CHECK(rig.call("work", "s" + std::to_string(id)).status == GW_OK);
  }
  const Scores scores = rig.file->scores.read();
  CHECK(scores.candidate.calls == 60);
  CHECK(scores.candidate.internal_errors == 1);
  CHECK(scores.active.calls == 1);
}

TEST_CASE("What calls took is kept of each release alone") {
  CanaryRig rig("good");
  rig.split(100);
  rig.drive(2);
  CHECK(rig.executor->latencies("good").at("work").count() == 8);
  CHECK(rig.executor->latencies("active").empty());
  rig.referee->close();
  rig.drive(1);
  CHECK(rig.executor->latencies("good").at("work").count() == 8);
  CHECK(rig.executor->latencies("active").at("work").count() == 4);
}
