// The real daemon, the real plugin and its patched versions, eight clients: a good version is promoted, a bad one goes
// back by itself, and no client notices either.
#include "fault/canary_rig.hpp"

using namespace test;
using Rig = CanaryRig;

TEST_CASE("a good version is promoted through every stage while eight clients work") {
  Rig rig;
  rig.capabilities = true;
  rig.work();
  const RunResult end = rig.canary(PLUGIN_NEXT, "shadow");
  CAPTURE(end.out);
  CAPTURE(end.err);
  CHECK(end.status == 0);
  CHECK(text_at(parse_json(end.out), "outcome") == "promoted");
  CHECK(serving(rig.gateway) == PLUGIN_NEXT_VERSION);
  const auto row = slot_row(rig.gateway);
  CHECK(text_at(row, "state") == "active");
  CHECK(row.at("candidate").is_null());
  rig.check_clients();
}

TEST_CASE("without traffic a canary is inconclusive: exit status 5, and nothing is promoted") {
  Rig rig;
  const RunResult end =
      rig.plugins({"canary", "ansible", PLUGIN_NEXT, "--stage-timeout", "2", "--wait"});
  CAPTURE(end.err);
  CHECK(end.status == 5);
  CHECK(end.err.find("inconclusive in shadow") != std::string::npos);
  CHECK(serving(rig.gateway) == PLUGIN_VERSION);
  CHECK(rig.plugins({"canary", "ansible", PLUGIN_NEXT}).status == 0);  // it may be tried again
  const auto row = slot_row(rig.gateway);
  CHECK(text_at(row.at("candidate"), "version") == PLUGIN_NEXT_VERSION);
  CHECK(text_at(row.at("canary"), "stage") == "shadow");
}

TEST_CASE("with too little traffic it is the same, at every stage") {
  for (const std::string stage : {"shadow", "split", "soak"}) {
    CAPTURE(stage);
    Rig rig;
    const std::string told = rig.dir / "told";
    Process waiting({rig.plugins_line({"canary", "ansible", PLUGIN_NEXT, "--from-stage", stage,
                                       "--stage-timeout", "3", "--wait", "--json"}),
                     {},
                     told,
                     rig.dir / "said"});
    REQUIRE(
        wait_until([&] { return base::json::find(slot_row(rig.gateway), "canary") != nullptr; }));
    for (int call = 0; call < 20; ++call) rig.gateway.invoke("ansible_status");
    CHECK(waiting.wait().value_or(-1) == 5);
    const auto canary = parse_json(read_file(told));
    CHECK(text_at(canary, "outcome") == "inconclusive");
    CHECK(text_at(canary, "stage") == stage);
    const auto& verdict = canary.at("verdict");
    CHECK(text_at(verdict, "rule") == "too_few_samples");
    CHECK(verdict.at("neededSamples").as_int64() == 200);
    CHECK(canary.at("counters").at("candidate").at("calls").as_int64() < 200);
    CHECK(serving(rig.gateway) == PLUGIN_VERSION);
    CHECK(rig.history("marked_good").empty());
    CHECK(rig.history("canary_inconclusive").size() == 1);
    CHECK_FALSE(rig.quarantined(PLUGIN_NEXT_VERSION));
  }
}

TEST_CASE(
    "killed in any stage, the gateway comes up on one good version and goes on with the trial") {
  for (const std::string stage : {"shadow", "split", "soak"}) {
    CAPTURE(stage);
    Rig rig;
    REQUIRE(rig.plugins({"canary", "ansible", PLUGIN_NEXT, "--from-stage", stage}).status == 0);
    rig.gateway.process().kill_now();
    rig.gateway.start();
    const bool soaking = stage == "soak";
    const auto row = slot_row(rig.gateway);  // a call may go to the candidate, in the split
    CHECK(text_at(row, "version") == (soaking ? PLUGIN_NEXT_VERSION : PLUGIN_VERSION));
    const auto& canary = row.at("canary");
    CHECK(text_at(canary, "stage") == stage);
    CHECK(canary.at("running").as_bool());
    const RunResult paused = rig.plugins({"pause", "ansible"});
    CHECK(paused.status == 0);
    CHECK(rig.plugins({"resume", "ansible"}).status == 0);
    CHECK(rig.plugins({"abort", "ansible"}).status == 0);
    CHECK(serving(rig.gateway) == PLUGIN_VERSION);
  }
}

TEST_CASE("an operator promotes at once, and the history says who") {
  Rig rig;
  REQUIRE(rig.plugins({"canary", "ansible", PLUGIN_NEXT}).status == 0);
  CHECK(rig.plugins({"promote", "ansible"}).status == 0);
  CHECK(serving(rig.gateway) == PLUGIN_NEXT_VERSION);
  const auto promoted = rig.history("promoted").at(0);
  CHECK(text_at(promoted, "by") == "operator");
  CHECK(text_at(promoted, "version") == PLUGIN_NEXT_VERSION);
  CHECK(text_at(promoted, "detail").find("without the rest of its trial, in shadow after") !=
        std::string::npos);
  // In its soak once more: it is good now, because somebody says so.
  CHECK(rig.plugins({"promote", "ansible"}).status == 0);
  const auto good = rig.history("marked_good").at(0);
  CHECK(text_at(good, "by") == "operator");
  CHECK(text_at(good, "detail").find("the operator ended the trial, in soak after") !=
        std::string::npos);
  const RunResult none = rig.plugins({"promote", "ansible"});
  CHECK(none.status == 1);
  CHECK(none.err.find("no release is on trial") != std::string::npos);
}
