#include "gateway/sweeper.hpp"

#include <condition_variable>
#include <map>

#include "execution/rig.hpp"

using namespace gateway;
using namespace test_support;

namespace {

// Counts the sweeps that ran, and waits for them.
class Runs {
 public:
  explicit Runs(Executor& executor) {
    executor.observe([this](const Request& request, const CallTrace&) {
      if (request.kind != Request::Kind::kSweep) return;
      const std::lock_guard lock(mutex_);
      ++counts_[request.name];
      changed_.notify_all();
    });
  }
  int count(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return counts_[name];
  }
  void wait_for(const std::string& name, int n) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return counts_[name] >= n; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> counts_;
};

}  // namespace

TEST_CASE("each sweep is offered soon after start and then at its own cadence") {
  Rig rig;
  Runs runs(*rig.executor);
  Sweeper sweeper(*rig.executor, rig.slot, rig.clock, rig.log.sink());
  sweeper.start();
  rig.clock.advance(1'000);
  runs.wait_for("tick", 1);
  runs.wait_for("lead", 1);
  // tick every 30 s, lead every 60 s: two more offers of tick for one of lead.
  rig.clock.advance(30'000);
  runs.wait_for("tick", 2);
  rig.clock.advance(30'000);
  runs.wait_for("tick", 3);
  runs.wait_for("lead", 2);
  sweeper.stop();
  CHECK(runs.count("tick") == 3);
  CHECK(runs.count("lead") == 2);
  CHECK(rig.stored("sweep/tick") == "3");
}

TEST_CASE("a node that may not coordinate runs its own sweeps, not the coordinator's") {
  Rig rig({}, {"edge", false});
  Runs runs(*rig.executor);
  Sweeper sweeper(*rig.executor, rig.slot, rig.clock, rig.log.sink());
  sweeper.start();
  for (int i = 1; i <= 5; ++i) {
    rig.clock.advance(60'000);
    runs.wait_for("tick", i);
  }
  sweeper.stop();
  CHECK(runs.count("lead") == 0);
  CHECK(rig.executor->role()->reason == "node edge is not a backbone node");
}

TEST_CASE("the coordinator's sweeps follow the nomination in the store") {
  Rig rig;
  Runs runs(*rig.executor);
  REQUIRE(rig.run("put", R"({"key":"coordinator","value":"{\"node\":\"n2\"}"})").status == GW_OK);
  Sweeper sweeper(*rig.executor, rig.slot, rig.clock, rig.log.sink());
  sweeper.start();
  rig.clock.advance(60'000);
  runs.wait_for("tick", 1);
  rig.clock.advance(60'000);
  runs.wait_for("tick", 2);
  CHECK(runs.count("lead") == 0);
  CHECK(rig.executor->role()->lease_holder == "n2");

  REQUIRE(rig.run("erase", R"({"key":"coordinator"})").status == GW_OK);
  rig.clock.advance(60'000);
  runs.wait_for("lead", 1);
  sweeper.stop();
}

TEST_CASE("a sweep that still runs is not offered again, and stopping waits for it") {
  Rig rig;
  Runs runs(*rig.executor);
  Sweeper sweeper(*rig.executor, rig.slot, rig.clock, rig.log.sink());
  rig.engine.block_commits(true);
  sweeper.start();
  rig.clock.advance(60'000);
  rig.engine.wait_until_commit_blocked();
  const int ticks = runs.count("tick");
  rig.clock.advance(600'000);
  rig.engine.block_commits(false);
  runs.wait_for("tick", ticks + 1);  // not twenty times
  sweeper.stop();
  CHECK(runs.count("tick") <= 2);
  CHECK(rig.stored("sweep/tick") == std::to_string(runs.count("tick")));
}

TEST_CASE("no more sweeps are offered while the one that runs is not waited for") {
  Rig rig;
  Runs runs(*rig.executor);
  Sweeper sweeper(*rig.executor, rig.slot, rig.clock, rig.log.sink());
  rig.engine.block_commits(true);
  sweeper.start();
  rig.clock.advance(60'000);
  rig.engine.wait_until_commit_blocked();
  sweeper.stop_offering();
  const std::uint64_t offered = rig.executor->metrics().queued;
  rig.clock.advance(600'000);
  CHECK(rig.executor->metrics().queued == offered);
  rig.engine.block_commits(false);
  sweeper.stop();
  CHECK(rig.stored("sweep/tick") == std::to_string(runs.count("tick")));
}

TEST_CASE("without a plugin nothing is offered; a failing sweep is logged") {
  Rig rig;
  Runs runs(*rig.executor);
  Sweeper sweeper(*rig.executor, rig.slot, rig.clock, rig.log.sink());
  rig.engine.plan({Fault::kNoSpace, Fault::kNoSpace});
  sweeper.start();
  rig.clock.advance(1'000);
  runs.wait_for("tick", 1);
  runs.wait_for("lead", 1);
  sweeper.stop();
  CHECK(rig.log.contains("sweep tick failed: the disk is full"));
}
