// Calls whose view of the store was ended because it was open for too long.
#include <atomic>

#include "execution/rig.hpp"

using namespace gateway;
using namespace test_support;
using Kind = Outcome::Kind;

namespace {

// A batch of two: a call of the client "slow", which does not read, and one behind it, which does.
struct Slow {
  Rig rig;
  std::atomic<int> runs{0};  // of the one behind

  // `meanwhile` happens while the slow call runs.
  template <class Meanwhile>
  Outcome read_behind(Meanwhile meanwhile) {
    REQUIRE(rig.run("put", kv("a", "1")).status == GW_OK);
    rig.executor->observe([this, meanwhile](const Request& request, const CallTrace&) {
      if (request.client == "slow") meanwhile(rig);
      if (request.client == "behind") ++runs;
    });
    auto held = rig.hold_worker();
    auto slow = rig.start(call("put", kv("b", "2"), "slow"));
    auto behind = rig.start(call("look", kv("a", ""), "behind"));
    rig.release_worker();
    held.get();
    CHECK(slow.get().status == GW_OK);
    return behind.get();
  }
};

}  // namespace

TEST_CASE("a call behind a slow one of its batch is run once, on a view of its own") {
  Slow batch;
  const Outcome outcome = batch.read_behind([](Rig& rig) {
    rig.clock.advance(2'000);
    rig.engine.end_snapshots();
  });
  CHECK(outcome.kind == Kind::kReply);
  CHECK(outcome.body == R"({"value":"1"})");
  CHECK(batch.runs == 1);
}

TEST_CASE("a call whose batch's view is ended before it reads is answered from another one") {
  Slow batch;
  const Outcome outcome = batch.read_behind([](Rig& rig) { rig.engine.end_snapshots(); });
  CHECK(outcome.kind == Kind::kReply);
  CHECK(outcome.body == R"({"value":"1"})");
}

TEST_CASE("a call that is itself too slow for its view fails, and is not run again") {
  Rig rig;
  std::atomic<int> runs{0};
  rig.executor->observe([&](const Request&, const CallTrace&) { ++runs; });
  gate().close();
  auto slow = rig.start(call("wait", R"({"read":"a"})"));
  gate().wait_for_visitors(1);
  rig.engine.end_snapshots();
  gate().open();
  const Outcome outcome = slow.get();
  CHECK(outcome.kind == Kind::kStorage);
  CHECK(outcome.status == GW_UNAVAILABLE);
  CHECK(runs == 1);
}

TEST_CASE("a batch of slow calls comes to its end, each with a view of its own") {
  Rig rig;
  auto held = rig.hold_worker();
  std::vector<std::future<Outcome>> calls;
  rig.executor->observe([&](const Request&, const CallTrace&) {
    rig.clock.advance(2'000);
    rig.engine.end_snapshots();
  });
  for (int i = 0; i < 8; ++i) calls.push_back(rig.start(call("count", R"({"key":"n"})")));
  rig.release_worker();
  held.get();
  for (int i = 0; i < 8; ++i) {
    CHECK(calls[static_cast<std::size_t>(i)].get().body ==
          "{\"count\":" + std::to_string(i + 1) + "}");
  }
  CHECK(rig.stored("n") == "8");
}
