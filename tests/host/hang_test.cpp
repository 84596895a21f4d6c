// Hooks that do not return: the call is given up, everything else goes on.
#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>

#include "host/rig.hpp"

using namespace test;

namespace {

const std::string kSteady = variant("moody_1_0_0");
const std::string kMoody = variant("moody_1_1_0");

struct Hanging : Rig {
  Hanging() : Rig("moody") {
    options.executor.hook_limit = std::chrono::milliseconds(500);
    ::setenv("MOODY_WAKE", (temp / "wake").c_str(), 1);
    open_with(kSteady);
  }

  static gateway::Request request(const std::string& mood, const std::string& tool = "act") {
    gateway::Request out;
    out.name = tool;
    out.args_json = "{\"mood\":\"" + mood + "\"}";
    out.caller_kind = GW_CALLER_OPERATOR;
    out.client = mood;
    return out;
  }
  gateway::Outcome act(const std::string& mood, const std::string& tool = "act") {
    return host->run(request(mood, tool));
  }
  bool has(const std::string& event) const {
    const auto all = events();
    return std::find(all.begin(), all.end(), event) != all.end();
  }
  std::string stored(const std::string& key) const {
    auto snapshot = host->engine().snapshot();
    REQUIRE(snapshot.ok());
    const std::string_view name = key;
    auto rows = (*snapshot)->get({&name, 1});
    REQUIRE(rows.ok());
    return rows->front().value.value_or("");
  }
};

}  // namespace

TEST_CASE("a call that hangs in a watched release: given up, rolled back, quarantined") {
  for (const char* tool : {"act", "peep"}) {  // in the worker, and in a reader
    CAPTURE(tool);
    Hanging rig;
    REQUIRE(rig.host->swap(kMoody).ok());
    const auto outcome = rig.act("hang", tool);
    CHECK(outcome.kind == gateway::Outcome::Kind::kInternal);
    CHECK(contains(outcome.message, "given up; nothing was written"));
    CHECK(outcome.release.version == "1.1.0");
    REQUIRE(rig.becomes_active("1.0.0"));
    CHECK(rig.act("well").kind == gateway::Outcome::Kind::kReply);
    CHECK(rig.has("hung"));
    CHECK(rig.has("quarantined"));
    CHECK(contains(rig.host->status().reason, "calls hung and were given up"));
    CHECK(mapped_plugins(rig.root()) == 2);  // never unloaded
  }
}

TEST_CASE("the calls that share a batch with one that hangs, and those behind it, are answered") {
  Hanging rig;
  REQUIRE(rig.host->swap(kMoody).ok());
  constexpr int kCalls = 40;
  std::atomic<int> answered{0};
  std::atomic<bool> hung_told{false};
  for (int i = 0; i < kCalls; ++i) {
    rig.host->call(rig.request("remember"), [&](const gateway::Outcome& outcome) {
      if (outcome.kind == gateway::Outcome::Kind::kReply) ++answered;
    });
    if (i != kCalls / 2) continue;
    rig.host->call(rig.request("hang"), [&](const gateway::Outcome& outcome) {
      hung_told = outcome.kind == gateway::Outcome::Kind::kInternal;
    });
  }
  CHECK(wait_until([&] { return answered == kCalls && hung_told; }));
  CHECK(rig.stored("mood") == "good");
}

TEST_CASE("a hook that comes back after it was given up: what it wrote is refused") {
  Hanging rig;
  REQUIRE(rig.host->swap(kMoody).ok());
  CHECK(rig.act("sulk").kind == gateway::Outcome::Kind::kInternal);
  REQUIRE(rig.becomes_active("1.0.0"));
  std::ofstream(rig.temp / "wake") << "now";
  // Whatever it does, the others' calls are committed meanwhile, and its own is not.
  for (int i = 0; i < 50; ++i) CHECK(rig.act("well").kind == gateway::Outcome::Kind::kReply);
  CHECK(rig.stored("mood").empty());
}

TEST_CASE("a hook that listens to `cancelled` ends in time and costs no thread") {
  Hanging rig;
  REQUIRE(rig.host->swap(kMoody).ok());
  const auto outcome = rig.act("linger");
  CHECK(outcome.kind == gateway::Outcome::Kind::kInternal);
  CHECK(contains(outcome.message, "over its hard limit"));
  CHECK_FALSE(rig.has("hung"));
  CHECK(rig.active() == "1.1.0");  // once is not often
}

TEST_CASE("a sweep that hangs: rolled back, and the old release's sweeps go on") {
  Hanging rig;
  rig.options.sweep = true;
  rig.reopen();
  REQUIRE(rig.host->swap(kMoody).ok());
  CHECK(rig.act("bother").kind == gateway::Outcome::Kind::kReply);
  REQUIRE(rig.becomes_active("1.0.0"));
  const auto history = rig.host->history();
  const auto hung =
      std::find_if(history.begin(), history.end(), [](const auto& e) { return e.event == "hung"; });
  REQUIRE(hung != history.end());
  CHECK(contains(hung->detail, "sweep:tidy"));
  const auto ran = [&] {
    const auto tools = rig.host->metrics().tools;
    const auto it = tools.find("sweep:tidy");
    if (it == tools.end()) return std::uint64_t{0};
    const auto ok = it->second.outcomes.find("ok");
    return ok == it->second.outcomes.end() ? std::uint64_t{0} : ok->second;
  };
  const auto before = ran();
  CHECK(wait_until([&] { return ran() > before; }));
}

TEST_CASE(
    "a good release that hangs stays; after three in a row its tool is not called for a while") {
  Hanging rig;
  rig.options.watch_window = std::chrono::milliseconds(0);
  rig.options.executor.hook_limit = std::chrono::milliseconds(300);
  rig.reopen();
  REQUIRE(rig.host->swap(kMoody).ok());
  for (int i = 0; i < 3; ++i) {
    CHECK(rig.act("hang").kind == gateway::Outcome::Kind::kInternal);
  }
  const auto refused = rig.act("well");
  CHECK(refused.kind == gateway::Outcome::Kind::kNoPlugin);
  CHECK(contains(refused.message, "hangs in act"));
  CHECK(rig.act("well", "look").kind == gateway::Outcome::Kind::kReply);  // another tool is
  CHECK(rig.active() == "1.1.0");
  CHECK(wait_until([&] { return rig.act("well").kind == gateway::Outcome::Kind::kReply; }));
  CHECK(rig.act("well").kind == gateway::Outcome::Kind::kReply);
  CHECK(wait_until([&] { return rig.state() == "degraded"; }));
  CHECK(contains(rig.host->status().reason, "3 calls hang"));
}

TEST_CASE("a gateway that is told to end while a call hangs waits only for the grace") {
  Hanging rig;
  rig.options.executor.hook_limit = std::chrono::seconds(10);  // a grace of one
  rig.reopen();
  REQUIRE(rig.host->swap(kMoody).ok());
  std::atomic<bool> told{false};
  rig.host->call(rig.request("hang"), [&](const gateway::Outcome& outcome) {
    told = outcome.kind == gateway::Outcome::Kind::kInternal;
  });
  REQUIRE(wait_until([&] { return rig.host->metrics().queued == 0; }));
  rig.host->shutdown(std::chrono::milliseconds(0));
  CHECK(told);
}

TEST_CASE("a gateway that is told to end while a sweep goes on and on ends it") {
  Hanging rig;
  rig.options.executor.hook_limit = std::chrono::hours(1);
  rig.options.sweep = true;
  rig.reopen();
  REQUIRE(rig.host->swap(kMoody).ok());
  REQUIRE(rig.act("pester").kind == gateway::Outcome::Kind::kReply);
  const auto sweep = [&] { return rig.host->metrics().tools["sweep:tidy"]; };
  REQUIRE(wait_until([&] {
    const auto tidy = sweep();
    std::uint64_t ended = 0;
    for (const auto& [outcome, count] : tidy.outcomes) ended += count;
    return tidy.queue.total > ended;
  }));
  rig.host->shutdown(std::chrono::milliseconds(0));
  CHECK(sweep().outcomes["shutting_down"] == 1);
}

TEST_CASE("a gateway with a call that hangs still shuts down, and the next one opens") {
  Hanging rig;
  REQUIRE(rig.host->swap(kMoody).ok());
  rig.act("hang");
  REQUIRE(rig.becomes_active("1.0.0"));
  rig.reopen();
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.act("well").kind == gateway::Outcome::Kind::kReply);
}

// Both releases take part in a call while one is on trial; the thread that is left behind holds on to both.
TEST_CASE("a candidate that hangs goes back by itself, and the gateway still shuts down") {
  Hanging rig;
  gateway::CanaryPolicy policy;
  policy.from_stage = gateway::CanaryStage::kSoak;
  REQUIRE(rig.host->start_canary(kMoody, policy).ok());
  rig.act("hang");
  REQUIRE(rig.becomes_active("1.0.0"));
  CHECK(rig.has("quarantined"));
  rig.reopen();
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.act("well").kind == gateway::Outcome::Kind::kReply);
}

TEST_CASE(
    "the active release hangs where it puts a candidate right: the candidate is not blamed for "
    "it") {
  Hanging rig;
  rig.options.watch_window = std::chrono::milliseconds(0);
  rig.reopen();
  REQUIRE(rig.host->swap(kMoody).ok());
  gateway::CanaryPolicy policy;
  policy.from_stage = gateway::CanaryStage::kSoak;
  REQUIRE(rig.host->start_canary(variant("moody_1_2_0"), policy).ok());
  const auto outcome = rig.act("clash");
  CHECK(outcome.kind == gateway::Outcome::Kind::kInternal);
  CHECK(outcome.release.version == "1.1.0");
  REQUIRE(wait_until([&] { return rig.has("hung"); }));
  for (const auto& entry : rig.host->history()) {
    if (entry.event == "hung") CHECK(entry.release.version == "1.1.0");
  }
  CHECK(rig.active() == "1.2.0");
  CHECK_FALSE(rig.has("quarantined"));
  rig.reopen();
  CHECK(rig.active() == "1.2.0");
}

TEST_CASE("a release that hangs on this store in its first call is refused, also at the start") {
  Hanging rig;
  REQUIRE(rig.host->swap(kMoody).ok());
  REQUIRE(rig.act("glue").kind == gateway::Outcome::Kind::kReply);
  REQUIRE(rig.host->rollback().ok());
  const std::string next = variant("moody_1_2_0");
  const auto refused = rig.host->swap(next);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == "warm_up_failed");
  CHECK(contains(refused.error().message, "hangs on this store: tool look did not return"));
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.act("well").kind == gateway::Outcome::Kind::kReply);

  rename_over(next, rig.library(), "new at the start");
  rig.reopen();
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.act("well").kind == gateway::Outcome::Kind::kReply);
  CHECK(wait_until([&] { return contains(rig.host->status().reason, "hangs on this store"); }));
}

TEST_CASE("a release that hangs while it is created is refused, and the next one is not") {
  Hanging rig;
  ::setenv("MOODY_HANGS_IN_CREATE", "1", 1);
  const auto refused = rig.host->swap(kMoody);
  ::unsetenv("MOODY_HANGS_IN_CREATE");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == "create_failed");
  CHECK(contains(refused.error().message, "hangs while it is loaded"));
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.host->swap(variant("moody_1_2_0")).ok());
  rig.reopen();
  CHECK(rig.active() == "1.2.0");
}
