// A candidate's whole trial in a real host, with real libraries on a real disk and clients that never stop.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "canary/host_rig.hpp"

using namespace gateway;
using namespace test;

namespace {

struct Bad {
  const char* name;
  const char* rule;  // that catches it in the stage that is named
  const char* also;  // or this one, in a stage that compares less
};

const Bad kBad[] = {
    {"other_reply", "shadow_differences", nullptr},
    {"extra_write", "shadow_differences", nullptr},
    {"throws", "shadow_differences", "internal_error_rate"},
    {"slow", "p99_us", "p99_us"},
    {"escalates", "escalations", "escalations"},
    {"fails_pipelines", "pipeline_failures", "pipeline_failures"},
    {"reopens", "invariant_violations", "invariant_violations"},
    {"crashes", "shadow_differences", nullptr},
};

void check_rolled_back(HostRig& rig, const Bad& bad, const CanaryStatus& end, bool shadowed) {
  CAPTURE(to_json(end));
  REQUIRE(end.outcome == "rolled_back");
  const bool first = end.verdict.rule == bad.rule;
  const bool second = bad.also != nullptr && end.verdict.rule == bad.also;
  // In the shadow whatever differs is seen first, mostly.
  CHECK((first || second || (shadowed && end.verdict.rule == "shadow_differences")));
  CHECK(rig.active() == "1.0.0");
  CHECK(!rig.host->status().candidate);
  REQUIRE(rig.mark(end.candidate.sha256) != nullptr);
  CHECK(rig.mark(end.candidate.sha256)->quarantine->reason == end.verdict.reason);
  const HistoryEntry* decision = rig.entry("fail");
  REQUIRE(decision != nullptr);
  CHECK(decision->release.sha256 == end.candidate.sha256);
  CHECK(std::any_of(decision->figures.begin(), decision->figures.end(), [&](const Figure& figure) {
    return figure.exceeded && figure.name == end.verdict.rule;
  }));
  REQUIRE(!decision->evidence.empty());
  for (const std::string& file : decision->evidence) CHECK(std::filesystem::exists(file));
  CHECK(rig.traffic.failures() == "");
}

}  // namespace

TEST_CASE("A good candidate is promoted through shadow, split and soak, and no request fails") {
  HostRig rig;
  rig.open();
  rig.traffic.start();
  const CanaryStatus end = rig.canary("good", CanaryStage::kShadow);
  CAPTURE(to_json(end));
  REQUIRE(end.outcome == "promoted");
  CHECK(rig.active() == "1.1.0");
  rig.traffic.stop();
  CHECK(rig.traffic.failures() == "");
  CHECK(rig.traffic.calls() > 1'000);
  const auto status = rig.host->status();
  CHECK(status.state == "active");
  CHECK(!status.candidate);
  CHECK(status.parked->release.version == "1.0.0");
  CHECK(rig.mark(end.candidate.sha256)->good_ms > 0);
  std::vector<std::string> story;
  for (const auto& entry : rig.host->history()) {
    if (entry.release.version == "1.1.0") story.push_back(entry.event + " " + entry.phase);
  }
  std::reverse(story.begin(), story.end());
  CHECK(story == std::vector<std::string>{"canary_started ", "canary_stage shadow",
                                          "canary_stage split", "promoted soak",
                                          "marked_good soak"});
  // And back in an instant: the release before was kept loaded.
  CHECK(rig.host->rollback().ok());
  CHECK(rig.active() == "1.0.0");
}

TEST_CASE("Every bad candidate is caught in the shadow, and goes back by itself") {
  for (const Bad& bad : kBad) {
    CAPTURE(bad.name);
    HostRig rig;
    rig.open();
    rig.traffic.start();
    const CanaryStatus end = rig.canary(bad.name, CanaryStage::kShadow);
    rig.traffic.stop();
    CHECK(end.stage == CanaryStage::kShadow);
    check_rolled_back(rig, bad, end, true);
  }
}

TEST_CASE("With the shadow skipped, a bad candidate is caught in the split, and nobody notices") {
  for (const Bad& bad : kBad) {
    if (bad.also == nullptr) continue;  // nothing in it breaks a rule of the split
    CAPTURE(bad.name);
    HostRig rig;
    rig.open();
    rig.traffic.start();
    const CanaryStatus end = rig.canary(bad.name, CanaryStage::kSplit);
    rig.traffic.stop();
    CHECK(end.stage == CanaryStage::kSplit);
    check_rolled_back(rig, bad, end, false);
  }
}

TEST_CASE("With all stages skipped, a bad candidate is caught in the soak, and nobody notices") {
  for (const Bad& bad : kBad) {
    if (bad.also == nullptr) continue;
    CAPTURE(bad.name);
    HostRig rig;
    rig.open();
    rig.traffic.start();
    REQUIRE(wait_until([&] { return rig.traffic.calls() > 300; }));
    const CanaryStatus end = rig.canary(bad.name, CanaryStage::kSoak);
    rig.traffic.stop();
    CHECK(end.stage == CanaryStage::kSoak);
    check_rolled_back(rig, bad, end, false);
    CHECK(rig.latest("rolled_back")->by == "gateway");
  }
}

TEST_CASE("A soak that fails while nothing can be written or loaded goes back as soon as it can") {
  for (const bool loaded : {true, false}) {
    CAPTURE(loaded);
    HostRig rig;
    rig.policy.soak_ms = 120'000;
    rig.open();
    const auto started = rig.start("reopens", CanaryStage::kSoak);
    REQUIRE_MESSAGE(started.ok(), started.error().message);
    const std::string root = rig.temp / "state/plugins/trial";
    std::filesystem::create_directory(root + "/state.json.tmp");
    if (!loaded) {
      // Other instances, and none is parked.
      REQUIRE(rig.host->reconfigure(R"({"maxNotices":2})").ok());
      std::filesystem::rename(root + "/loaded", root + "/loaded.away");
      write_text(root + "/loaded", "no directory");
      REQUIRE(rig.host->steer_canary(CanaryOrder::kAbort).ok());
      CHECK(rig.active() == "1.2.7");
      std::filesystem::remove(root + "/loaded");
      std::filesystem::rename(root + "/loaded.away", root + "/loaded");
    } else {
      for (int i = 0; i < 5; ++i) rig.call("work", "one");
      rig.call("reopen", "one");
    }
    CHECK(wait_until([&] { return rig.active() == "1.0.0"; }));
    CHECK(wait_until([&] { return contains(rig.host->status().reason, "state.json"); }));
    std::filesystem::remove(root + "/state.json.tmp");
    CHECK(wait_until([&] { return !contains(rig.host->status().reason, "state.json"); }));
    rig.reopen();
    CHECK(rig.active() == "1.0.0");
    CHECK_FALSE(rig.host->status().trial.has_value());
  }
}

TEST_CASE("Without traffic a canary is inconclusive in every stage: dropped, not quarantined") {
  for (const CanaryStage stage : {CanaryStage::kShadow, CanaryStage::kSplit, CanaryStage::kSoak}) {
    CAPTURE(stage_name(stage));
    HostRig rig;
    rig.open();
    rig.policy.timeout_ms = 200;
    const CanaryStatus end = rig.canary("good", stage);
    CAPTURE(to_json(end));
    CHECK(end.outcome == "inconclusive");
    CHECK(end.verdict.rule == "too_few_samples");
    CHECK(rig.active() == "1.0.0");
    const Mark* mark = rig.mark(end.candidate.sha256);
    CHECK((mark == nullptr || (!mark->quarantine && mark->good_ms == 0)));
    CHECK(rig.entry("inconclusive") != nullptr);
    CHECK(rig.start("good", stage).ok());  // and may be tried again
  }
}

TEST_CASE("An operator pauses, resumes, promotes and aborts, and each is written down") {
  HostRig rig;
  rig.open();
  rig.policy.stage_ms = rig.policy.soak_ms = 600'000;
  REQUIRE(rig.start("good", CanaryStage::kShadow).ok());
  CHECK(rig.start("good", CanaryStage::kShadow).error().code == "canary_running");
  CHECK(rig.host->status().candidate->release.version == "1.1.0");
  CHECK(rig.host->status().trial->phase == Phase::kShadow);

  const auto paused = rig.host->steer_canary(CanaryOrder::kPause);
  REQUIRE(paused.ok());
  CHECK(paused->paused);
  CHECK(paused->share_percent == 0);
  const auto calls = rig.host->canary()->candidate_counters.calls;
  for (int i = 0; i < 20; ++i) rig.call("work", "p" + std::to_string(i));
  CHECK(rig.host->canary()->candidate_counters.calls == calls);
  const auto resumed = rig.host->steer_canary(CanaryOrder::kResume);
  REQUIRE(resumed.ok());
  CHECK(resumed->share_percent == 100);

  const auto promoted = rig.host->steer_canary(CanaryOrder::kPromote);
  REQUIRE(promoted.ok());
  CHECK(promoted->stage == CanaryStage::kSoak);
  CHECK(promoted->running);
  CHECK(rig.active() == "1.1.0");
  CHECK(rig.latest("promoted")->by == "operator");

  const auto aborted = rig.host->steer_canary(CanaryOrder::kAbort);
  REQUIRE(aborted.ok());
  CHECK(aborted->outcome == "aborted");
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.latest("canary_aborted")->by == "operator");
  CHECK(rig.host->steer_canary(CanaryOrder::kPause).error().code == "no_canary");

  REQUIRE(rig.start("good", CanaryStage::kSoak).ok());
  const auto good = rig.host->steer_canary(CanaryOrder::kPromote);
  REQUIRE(good.ok());
  CHECK(good->outcome == "promoted");
  CHECK(rig.latest("marked_good")->by == "operator");
  CHECK(rig.active() == "1.1.0");
}

TEST_CASE("A rollback ends a trial that is in the shadow or the split, and goes no further back") {
  for (const CanaryStage stage : {CanaryStage::kShadow, CanaryStage::kSplit}) {
    CAPTURE(stage_name(stage));
    HostRig rig;
    rig.options.watch_window = std::chrono::milliseconds(0);
    rig.policy.stage_ms = 600'000;
    rig.open();
    REQUIRE(rig.host->swap(trial("slow")).ok());  // 1.0.0 served before
    REQUIRE(rig.start("good", stage).ok());
    const auto back = rig.host->rollback();
    REQUIRE_MESSAGE(back.ok(), back.error().message);
    CHECK(back->active.release.version == "1.2.4");
    REQUIRE(back->ended);
    CHECK(back->ended->version == "1.1.0");
    CHECK(rig.active() == "1.2.4");
    CHECK(!rig.host->status().candidate);
    CHECK(rig.host->canary()->outcome == "aborted");
    CHECK(rig.latest("canary_aborted")->by == "operator");
    CHECK(rig.host->canary()->verdict.reason == "a rollback ended the trial");
    REQUIRE(rig.host->rollback().ok());  // the second one goes back, as ever
    CHECK(rig.active() == "1.0.0");
  }
}

TEST_CASE("A canary is refused where there is nothing to judge") {
  HostRig rig;
  rig.open();
  CHECK(rig.start("active", CanaryStage::kShadow).error().code == "already_active");
  const auto missing = rig.host->start_canary("/nowhere/trial.so", rig.policy);
  CHECK(missing.error().code == "not_found");
  CHECK(rig.host->status().state == "active");
  REQUIRE(rig.host->swap(trial("good")).ok());  // on trial itself
  CHECK(rig.start("slow", CanaryStage::kShadow).error().code == "watch_running");
}

TEST_CASE("After a direct swap a broken invariant is not written, and the release goes back") {
  HostRig rig;
  rig.open();
  for (int step = 0; step < 4; ++step) rig.call("work", "done");
  REQUIRE(rig.host->swap(trial("reopens")).ok());
  rig.call("reopen", "done");
  CHECK(wait_until([&] { return rig.active() == "1.0.0"; }));
  CHECK(wait_until([&] { return rig.latest("quarantined") != nullptr; }));
  CHECK(contains(rig.latest("quarantined")->detail, "broke a declared invariant"));
  Request look;
  look.name = "look";
  look.args_json = R"({"id":"done"})";
  CHECK(contains(rig.host->run(std::move(look)).body, "completed"));
}

TEST_CASE("Another operation ends a canary: it is aborted, not quarantined") {
  HostRig rig;
  rig.open();
  rig.policy.stage_ms = 600'000;
  REQUIRE(rig.start("good", CanaryStage::kSplit).ok());
  REQUIRE(rig.host->swap(trial("slow")).ok());
  CHECK(rig.host->canary()->outcome == "aborted");
  CHECK(!rig.host->status().candidate);
  CHECK(rig.active() == "1.2.4");
}

TEST_CASE("onFileChange canary: a new file is judged, and a good old one is active at once") {
  HostRig rig;
  rig.options.on_file_change = OnFileChange::kCanary;
  rig.options.canary = rig.policy;
  rig.publish("active");
  rig.open();
  rig.traffic.start();
  rig.publish("good");
  REQUIRE(wait_until([&] { return rig.ended(); }));
  CAPTURE(to_json(*rig.host->canary()));
  CHECK(rig.host->canary()->outcome == "promoted");
  CHECK(rig.latest("canary_started")->by == "file");
  rig.publish("active");
  CHECK(wait_until([&] { return rig.active() == "1.0.0"; }));
  rig.publish("extra_write");
  REQUIRE(wait_until([&] { return rig.ended() && rig.host->canary()->outcome == "rolled_back"; }));
  CHECK(rig.active() == "1.0.0");
  CHECK(wait_until([&] { return rig.host->status().state == "degraded"; }));
  CHECK(contains(rig.host->status().reason, "the configured file was refused"));
  rig.traffic.stop();
  CHECK(rig.traffic.failures() == "");
}

TEST_CASE(
    "onFileChange canary: a file that comes while a swap is being watched is refused for now") {
  HostRig rig;
  rig.options.on_file_change = OnFileChange::kCanary;
  rig.publish("active");
  rig.open();
  REQUIRE(rig.host->swap(trial("good")).ok());
  rig.publish("slow");
  REQUIRE(wait_until([&] { return rig.host->status().state == "degraded"; }));
  CHECK(contains(rig.host->status().reason, "still being watched"));
  CHECK(rig.active() == "1.1.0");
  CHECK(rig.host->status().trial->phase == Phase::kWatch);
}

TEST_CASE(
    "A hang of the release before, where it puts a candidate's step right, is not the "
    "candidate's") {
  HostRig rig;
  rig.options.executor.hook_limit = std::chrono::milliseconds(300);
  rig.options.watch_window = std::chrono::milliseconds(0);
  rig.open();
  REQUIRE(rig.host->swap(trial("stuck_hangs")).ok());
  rig.policy.soak_ms = 600'000;
  REQUIRE(rig.start("stuck_fails", CanaryStage::kSoak).ok());
  Request request;
  request.name = "work";
  request.args_json = R"({"id":"stuck"})";
  const auto outcome = rig.host->run(std::move(request));
  CHECK(outcome.kind == Outcome::Kind::kInternal);
  CHECK(outcome.release.version == "1.0.1");
  REQUIRE(wait_until([&] { return rig.latest("hung") != nullptr; }));
  CHECK(rig.latest("hung")->release.version == "1.0.1");
  CHECK(rig.host->canary()->running);
  CHECK(rig.active() == "1.2.10");
  rig.host.reset();  // it ends, and waits for neither of the two
}

TEST_CASE("A gateway in which a candidate hangs still shuts down") {
  HostRig rig;
  rig.options.executor.hook_limit = std::chrono::milliseconds(300);
  rig.open();
  rig.policy.soak_ms = 600'000;
  REQUIRE(rig.start("stuck_hangs", CanaryStage::kSoak).ok());
  Request request;
  request.name = "work";
  request.args_json = R"({"id":"stuck"})";
  CHECK(rig.host->run(std::move(request)).release.version == "1.0.1");
  REQUIRE(wait_until([&] { return rig.ended(); }));
  CHECK(rig.host->canary()->verdict.rule == "hung_calls");
  CHECK(rig.active() == "1.0.0");
  rig.host.reset();
  rig.open();
  CHECK(rig.active() == "1.0.0");
}
