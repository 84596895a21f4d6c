// A gateway that is killed before, within or after any step of a rollout goes on with it, and ends on one good release.
#include "fault/rollout_rig.hpp"

using namespace test;

namespace {

// A gateway that dies at the step of a rollout whose name a file holds.
struct StopRig : RolloutRig {
  std::string stop_file = dir / "stop_at";

  StopRig() {
    gateway.process().kill_now();
    gateway.options().binary = OPENCLAWD_STOP;
    gateway.options().env["GATEWAY_STOP_AT"] = "@" + stop_file;
    gateway.start();
    look_around();
  }
  void arm(const std::string& step) const { write_file(stop_file, "rollout." + step); }
  // It has died; the ordinary one comes up.
  void come_back() {
    CHECK_MESSAGE(gateway.process().wait().value_or(-1) == 128 + SIGKILL, gateway.log());
    gateway.options().binary = OPENCLAWD;
    gateway.start();
  }
  void check_one_record() const {
    CHECK(names_in(gateway.state_dir() + "/rollouts").size() == 1);
    const auto row = slot_row(gateway);
    CHECK(text_at(row, "state") == "active");
    CHECK(row.at("candidate").is_null());
  }
};

// Before and after each step, and where a kill within one is awkward.
constexpr const char* kForward[] = {
    "preflight.begun",      "preflight.done",      "profile.begun",     "profile.noted",
    "profile.done",         "canary.begun",        "canary.started",    "canary.flipped",
    "canary.done",          "sweeps.begun",        "sweeps.done",       "lifecycle.begun",
    "lifecycle.registered", "lifecycle.delegated", "lifecycle.claimed", "lifecycle.updated",
    "lifecycle.completed",  "lifecycle.done",      "tidy.begun",        "tidy.closed",
    "tidy.purged",          "tidy.done",           "soak.begun",        "soak.done",
    "finish.begun",         "finish.done"};
constexpr const char* kBack[] = {"tidy_back.begun", "tidy_back.done", "revert.begun",
                                 "revert.dropped",  "revert.done",    "calm.begun",
                                 "calm.done",       "settle.begun",   "settle.done"};

}  // namespace

TEST_CASE(
    "killed before, within and after each step, a rollout goes on and ends on the new release") {
  for (const char* step : kForward) {
    CAPTURE(step);
    StopRig rig;
    rig.arm(step);
    rig.rollout(quick(PLUGIN_NEXT, {"--min-samples", "5", "--stage-seconds", "0.1"}));
    rig.come_back();
    const auto end = rig.ended();
    CAPTURE(json::canonical(end));
    CHECK(text_at(end, "outcome") == "promoted");
    CHECK(serving(rig.gateway) == PLUGIN_NEXT_VERSION);
    CHECK(rig.records_only());
    rig.check_one_record();
    rig.check_nothing_left();
  }
}

TEST_CASE("killed before and after each step back, it ends on the release before") {
  for (const char* step : kBack) {
    CAPTURE(step);
    StopRig rig;
    REQUIRE(rig.rollout(quick(PLUGIN_NEXT,
                              {"--soak", "600", "--min-samples", "5", "--stage-seconds", "0.1"}))
                .status == 0);
    rig.wait_for_step("soak");
    rig.arm(step);
    rig.rollout({"abort"});
    rig.come_back();
    const auto end = rig.ended();
    CAPTURE(json::canonical(end));
    CHECK(text_at(end, "outcome") == "aborted");
    CHECK(serving(rig.gateway) == PLUGIN_VERSION);
    CHECK(rig.records_only());
    rig.check_one_record();
    rig.check_nothing_left();
  }
}
