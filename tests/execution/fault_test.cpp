// What callers are told when commits conflict, fail or stay in doubt.
#include <set>

#include "execution/rig.hpp"

using namespace gateway;
using namespace test_support;
using Kind = Outcome::Kind;

namespace {

const std::string kCount = R"({"key":"n"})";

}  // namespace

TEST_CASE("after a conflict at commit the call runs again, and its effect is there once") {
  Rig rig;
  rig.engine.plan({Fault::kConflict, Fault::kConflict, Fault::kConflict});
  const Outcome outcome = rig.run("count", kCount);
  CHECK(outcome.body == R"({"count":1})");
  CHECK(rig.engine.commits() == 4);
  CHECK(rig.stored("n") == "1");
}

TEST_CASE("a conflict that never ends is told, and nothing was written") {
  ExecutorOptions options;
  options.max_attempts = 3;
  Rig rig(options);
  rig.engine.plan({Fault::kConflict, Fault::kConflict, Fault::kConflict});
  const Outcome outcome = rig.run("count", kCount);
  CHECK(outcome.kind == Kind::kStorage);
  CHECK(outcome.status == GW_CONFLICT);
  CHECK(rig.engine.commits() == 3);
  CHECK(rig.stored("n") == "-");
}

TEST_CASE("after two failed commits in company each call commits alone") {
  Rig rig;
  auto held = rig.hold_worker();
  auto a = rig.start(call("count", kCount, "a"));
  auto b = rig.start(call("count", kCount, "b"));
  auto c = rig.start(call("count", kCount, "c"));
  rig.engine.plan({Fault::kConflict, Fault::kConflict});
  rig.release_worker();
  held.get();
  const std::set<std::string> bodies = {a.get().body, b.get().body, c.get().body};
  CHECK(bodies.size() == 3);  // 1, 2 and 3
  CHECK(rig.engine.commits() == 2 + 3);
  CHECK(rig.stored("n") == "3");
}

TEST_CASE("a hook that passes GW_CONFLICT on runs again with the same random bytes") {
  Rig rig;
  const Outcome outcome = rig.run("random", R"({"then":-1})");
  CHECK(outcome.status == GW_OK);
  CHECK(outcome.body.find(R"("attempt":1)") != std::string::npos);
  CHECK(outcome.body.find(rig.stored("random/" + outcome.request_id + "/1")) != std::string::npos);
  CHECK(rig.stored("random/" + outcome.request_id + "/0") == "-");
}

TEST_CASE("a commit in doubt that is in the store releases its replies") {
  Rig rig;
  rig.run("count", kCount);
  rig.engine.plan({Fault::kUnknownDone});
  const Outcome outcome = rig.run("count", kCount);
  CHECK(outcome.kind == Kind::kReply);
  CHECK(outcome.body == R"({"count":2})");
  CHECK(outcome.sequence == 2);
  CHECK(rig.engine.recoveries() == 1);
  CHECK(rig.engine.commits() == 2);
  CHECK(rig.run("count", kCount).body == R"({"count":3})");
}

TEST_CASE("a commit in doubt that is not in the store runs again") {
  Rig rig;
  rig.run("count", kCount);
  rig.engine.plan({Fault::kUnknownLost});
  const Outcome outcome = rig.run("count", kCount);
  CHECK(outcome.body == R"({"count":2})");
  CHECK(rig.engine.commits() == 3);
  CHECK(rig.stored("n") == "2");
}

TEST_CASE(
    "a commit in doubt on a store that stays away is told as unknown; later calls wait for it") {
  for (const Fault fault : {Fault::kUnknownDone, Fault::kUnknownLost}) {
    Rig rig;
    rig.engine.fail_recover(true);
    rig.engine.plan({fault});
    const Outcome doubtful = rig.run("count", kCount);
    CHECK(doubtful.kind == Kind::kUnknown);
    CHECK(doubtful.message == "still down");
    CHECK(rig.run("count", kCount).kind == Kind::kStorage);

    rig.engine.fail_recover(false);
    const bool done = fault == Fault::kUnknownDone;
    CHECK(rig.run("count", kCount).body == (done ? R"({"count":2})" : R"({"count":1})"));
    // Both batch records are known again: only the newest is left.
    CHECK(rig.rows() == 3);
  }
}

TEST_CASE("without space a writing call fails with nothing written, reads go on, and it recovers") {
  Rig rig;
  REQUIRE(rig.run("put", kv("a", "1")).status == GW_OK);
  rig.engine.plan({Fault::kNoSpace, Fault::kNoSpace});
  for (int i = 0; i < 2; ++i) {
    const Outcome full = rig.run("put", kv("a", "2"));
    CHECK(full.kind == Kind::kStorage);
    CHECK(full.status == GW_NO_SPACE);
    CHECK(full.message == "the disk is full");
    CHECK(rig.run("get", kv("a", "")).body == R"({"value":"1"})");
    CHECK(rig.run("look", kv("a", "")).body == R"({"value":"1"})");
  }
  CHECK(rig.run("put", kv("a", "3")).status == GW_OK);
  CHECK(rig.stored("a") == "3");
  CHECK(rig.engine.recoveries() == 0);
}

TEST_CASE(
    "a call that only read what a failed batch wrote runs again and reads the committed state") {
  Rig rig;
  auto held = rig.hold_worker();
  auto writer = rig.start(call("put", kv("a", "lost"), "1"));
  auto reader = rig.start(call("look", kv("a", ""), "2"));
  rig.engine.plan({Fault::kNoSpace});
  rig.release_worker();
  held.get();
  CHECK(writer.get().status == GW_NO_SPACE);
  CHECK(reader.get().body == R"({"value":null})");
}

TEST_CASE("an engine that failed for good is recovered before the next batch") {
  Rig rig;
  rig.engine.plan({Fault::kUnavailable});
  CHECK(rig.run("put", kv("a", "1")).status == GW_UNAVAILABLE);
  CHECK(rig.run("put", kv("a", "2")).status == GW_OK);
  CHECK(rig.engine.recoveries() == 1);
}

TEST_CASE("an engine that is locked for a while fails the call, and is not opened again") {
  Rig rig;
  rig.engine.plan({Fault::kLocked});
  const Outcome locked = rig.run("put", kv("a", "1"));
  CHECK(locked.kind == Kind::kStorage);
  CHECK(locked.status == GW_UNAVAILABLE);
  CHECK(rig.run("put", kv("a", "2")).status == GW_OK);
  CHECK(rig.engine.recoveries() == 0);
}

TEST_CASE("a store without snapshots fails calls of both sides, and says so") {
  Rig rig;
  rig.engine.fail_snapshots(true);
  CHECK(rig.run("put", kv("a", "1")).kind == Kind::kStorage);
  CHECK(rig.run("get", kv("a", "")).message == "no snapshot");
  CHECK(rig.run("count", R"({"key":"n","dry_run":true})").status == GW_UNAVAILABLE);
}

TEST_CASE("a stepwise call that meets a failed commit ends there; its earlier steps stay") {
  Rig rig;
  rig.engine.plan({Fault::kNone, Fault::kConflict, Fault::kNone, Fault::kNoSpace});
  const Outcome outcome = rig.run("steps", R"({"key":"s","n":9})");
  CHECK(outcome.status == GW_NO_SPACE);
  CHECK(rig.stored("s/0") == "x");
  CHECK(rig.stored("s/1") == "x");
  CHECK(rig.stored("s/2") == "-");
}

TEST_CASE("a coordinator sweep is refused elsewhere, and its right to run is checked at commit") {
  Rig rig;
  Request lead = call("lead");
  lead.kind = Request::Kind::kSweep;
  CHECK(rig.run(lead).body == R"({"runs":1})");
  bool checked = false;
  for (const Check& check : rig.engine.last_checks())
    checked = checked || check.key == "coordinator";
  CHECK(checked);
  REQUIRE(rig.run("put", R"({"key":"coordinator","value":"{\"node\":\"n2\"}"})").status == GW_OK);
  const Outcome refused = rig.run(lead);
  CHECK(refused.status == GW_REFUSED);
  CHECK(refused.body.find("not_coordinator") != std::string::npos);
  CHECK(rig.stored("sweep/lead") == "1");
}
