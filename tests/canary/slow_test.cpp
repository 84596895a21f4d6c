// A candidate that is too slow: that is its fault, and the caller's call is served all the same.
#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "canary/canary_referee.hpp"
#include "canary/rig.hpp"

using namespace gateway;
using namespace test;

namespace {

// Serves the call although the candidate could not, and holds that against it.
void check_put_right(CanaryRig& rig, const Outcome& outcome) {
  CHECK(outcome.status == GW_OK);
  CHECK(outcome.release.version == "1.0.0");
  const Scores scores = rig.file->scores.read();
  CHECK(scores.candidate.calls == 1);
  CHECK(scores.candidate.internal_errors == 1);
  CHECK(scores.active.calls == 1);
  CHECK(scores.active.internal_errors == 0);
  REQUIRE(rig.file->evidence.files().size() == 1);
}

std::string overdue(CanaryRig& rig) {
  const auto evidence = base::json::parse(read_text(rig.file->evidence.files().front()));
  return std::string(evidence->at("overdue").as_string());
}

}  // namespace

TEST_CASE("A call that the candidate had to be cancelled in is served by the active release") {
  ExecutorOptions options;
  options.hook_limit = std::chrono::milliseconds(1'000);
  for (const bool soaks : {false, true}) {
    CAPTURE(soaks);
    CanaryRig rig("stuck_lingers", options);
    soaks ? rig.soak() : rig.split(100);
    check_put_right(rig, rig.call("work", "stuck"));
    CHECK(overdue(rig) == "it had to be cancelled");
    CHECK(rig.stored("task/stuck") != "");
    CHECK(rig.executor->wedged() == 0);
  }
}

TEST_CASE("A candidate that reads for longer than a view lasts has failed; the caller has not") {
  for (const char* tool : {"work", "look"}) {  // in the worker, and in a reader
    CAPTURE(tool);
    CanaryRig rig("good");
    rig.split(100);
    rig.store.tire("task/a", 6'000);
    check_put_right(rig, rig.call(tool, "a"));
    CHECK(overdue(rig) == "its view of the store was ended while it ran");
  }
}

TEST_CASE("The time that the candidate took is not the caller's") {
  CanaryRig rig("good");
  rig.split(100);
  rig.store.tire("task/a", 40'000);  // beyond the deadline
  check_put_right(rig, rig.call("work", "a"));
}

TEST_CASE("A store that is away for everybody is no fault of the candidate") {
  CanaryRig rig("good");
  rig.split(100);
  rig.store.tire("task/a", 0);
  CHECK(rig.call("work", "a").status == GW_UNAVAILABLE);
  CHECK(rig.file->scores.read().candidate.calls == 0);
}

TEST_CASE("The active release is measured by the same rule") {
  CanaryRig rig("good");
  rig.split(0);
  rig.store.tire("task/a", 6'000);
  CHECK(rig.call("work", "a").status == GW_UNAVAILABLE);
  const Scores scores = rig.file->scores.read();
  CHECK(scores.active.calls == 1);
  CHECK(scores.active.internal_errors == 1);
}

TEST_CASE("What nobody can judge any more is not written: the active release runs the call") {
  CanaryRig rig("good");
  rig.split(100);
  rig.store.tire("audit/a/0", 0);  // the guard's look at what was there before
  CHECK(rig.call("work", "a").release.version == "1.0.0");
  CHECK(rig.stored("task/a") != "");
  const Scores scores = rig.file->scores.read();
  CHECK(scores.candidate.calls == 1);
  CHECK(scores.candidate.internal_errors == 0);
  CHECK(scores.active.calls == 1);
}

TEST_CASE("The same under the guard of a watched release") {
  CanaryRig rig("good");
  rig.watch();
  rig.store.tire("audit/a/0", 0);
  CHECK(rig.call("work", "a").release.version == "1.0.0");
  CHECK(rig.call("work", "a").release.version == "1.1.0");
}

TEST_CASE("A watched release that reads for longer than a view lasts has overrun") {
  CanaryRig rig("good");
  rig.watch();
  rig.store.tire("task/a", 6'000);
  CHECK(rig.call("work", "a").status == GW_UNAVAILABLE);
  const ReleaseCounts counts = rig.executor->counts("good");
  CHECK(counts.overruns == 1);
  REQUIRE(counts.failures.size() == 1);
  CHECK(counts.failures.front().message == "its view of the store was ended while it ran");
}
