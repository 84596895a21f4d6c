// A gateway that dies inside a release, and the next one.
#include <doctest/doctest.h>

#include <csignal>
#include <map>

#include "host/rig.hpp"

using namespace test;

namespace {

const std::string kSteady = variant("moody_1_0_0");
const std::string kMoody = variant("moody_1_1_0");

constexpr int died_of(int number) { return 128 + number; }

// A state directory whose gateways come and go.
struct Lives : Rig {
  Lives() : Rig("moody") {
    options.crash_report = true;
    open_with(kSteady);
    host.reset();
  }

  // One life, ended by what it is told to do.
  RunResult live(std::vector<std::string> deeds,
                 std::map<std::string, std::string> environment = {}) {
    host.reset();
    std::vector<std::string> argv = {MOOD_CHILD, temp.path(), "moody"};
    argv.insert(argv.end(), deeds.begin(), deeds.end());
    return run(std::move(argv), environment, std::chrono::minutes(2));
  }
  std::size_t count(const std::string& event) const {
    const auto all = events();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), event));
  }
  const gateway::HistoryEntry* entry(const std::string& event) {
    history = host->history();
    for (const auto& e : history) {
      if (e.event == event) return &e;
    }
    return nullptr;
  }
  std::vector<gateway::HistoryEntry> history;
};

}  // namespace

TEST_CASE("a crash in a watched release counts as its crash; after two the stable one boots") {
  struct Case {
    const char* mood;
    int status;
    const char* cause;
  };
  for (const Case& c : {Case{"crash", died_of(SIGSEGV), "SIGSEGV"},
                        Case{"abort", died_of(SIGABRT), "SIGABRT"}, Case{"exit", 70, "exit()"}}) {
    CAPTURE(c.mood);
    Lives rig;
    const auto first = rig.live({"swap", kMoody, "act", "well", "act", c.mood});
    CHECK(first.status == c.status);
    CAPTURE(first.err);
    CHECK(std::count(first.err.begin(), first.err.end(), '\n') == 1);
    CHECK(contains(first.err, std::string("gateway: fatal ") + c.cause + " in release 1.1.0 ("));
    CHECK(contains(first.err, "during call act"));

    rig.open();  // once more
    CHECK(rig.active() == "1.1.0");
    REQUIRE(rig.host->status().trial.has_value());
    CHECK(rig.host->status().trial->tries == 1);
    REQUIRE(rig.entry("crashed") != nullptr);
    CHECK(rig.entry("crashed")->release.version == "1.1.0");
    CHECK(rig.entry("crashed")->release.build_id == "moody-1.1.0");
    CHECK(contains(rig.entry("crashed")->detail, std::string(c.cause) + " during call act"));
    CHECK(rig.entry("crashed")->phase == "watch");
    CHECK(contains(read_text(rig.root() + "/state.json"), "\"tries\": 1"));
    rig.reopen();  // a good end is no crash, and the last one is counted once
    CHECK(rig.host->status().trial->tries == 1);
    CHECK(rig.count("crashed") == 1);

    CHECK(rig.live({"act", c.mood}).status == c.status);
    rig.open();
    CHECK(rig.active() == "1.0.0");
    CHECK_FALSE(rig.host->status().trial.has_value());
    const auto* back = rig.entry("rolled_back");
    REQUIRE(back != nullptr);
    CHECK(back->by == "gateway");
    CHECK(contains(back->detail, "version 1.1.0"));
    CHECK(contains(back->detail, "died 2 times inside it"));
    CHECK(back->phase == "watch");
    CHECK(back->verdict == "fail");
    REQUIRE(back->figures.size() == 1);
    CHECK(back->figures[0].value == 2);
    CHECK(rig.host->swap(kMoody).error().code == "quarantined");
  }
}

TEST_CASE("a kill in the middle of a call is nobody's crash: the watch goes on") {
  Lives rig;
  CHECK(rig.live({"swap", kMoody, "act-and-kill", "hang"}).status == died_of(SIGKILL));
  for (int i = 0; i < 3; ++i) CHECK(rig.live({"act-and-kill", "hang"}).status == died_of(SIGKILL));
  rig.open();
  CHECK(rig.active() == "1.1.0");
  REQUIRE(rig.host->status().trial.has_value());
  CHECK(rig.host->status().trial->tries == 0);
  CHECK(rig.count("crashed") == 0);
}

TEST_CASE("a release marked good is never quarantined by counting deaths") {
  Lives rig;
  rig.options.watch_window = std::chrono::milliseconds(0);
  rig.open();
  REQUIRE(rig.host->swap(kMoody).ok());  // good at once
  for (int i = 0; i < 4; ++i) CHECK(rig.live({"act", "crash"}).status == died_of(SIGSEGV));
  rig.open();
  CHECK(rig.active() == "1.1.0");
  CHECK(rig.state() == "active");
  CHECK(rig.count("crashed") == 4);
  CHECK(rig.count("quarantined") == 0);
}

TEST_CASE("a file whose release crashes while it is loaded ends no gateway more than twice") {
  Lives rig;
  rename_over(kMoody, rig.library());
  for (int i = 0; i < 2; ++i) {
    const auto life = rig.live({}, {{"MOODY_CRASHES_IN_CREATE", "1"}});
    CHECK(life.status == died_of(SIGSEGV));
    CHECK(contains(life.err, "in release 1.1.0 ("));
    CHECK(contains(life.err, "during create"));
  }
  CHECK(rig.live({"act", "well"}, {{"MOODY_CRASHES_IN_CREATE", "1"}}).status == 0);
  rig.open();
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.state() == "degraded");
  CHECK(contains(rig.host->status().reason, "is quarantined by the gateway"));
  CHECK(rig.count("interrupted") == 2);
}

TEST_CASE("a candidate that crashes while it is destroyed: its trial stays ended, and it counts") {
  Lives rig;
  for (const std::size_t life : {1u, 2u}) {
    CAPTURE(life);
    const auto ended =
        rig.live({"canary", kMoody, "abort", "-"}, {{"MOODY_CRASHES_IN_DESTROY", "1"}});
    CHECK(ended.status == died_of(SIGSEGV));
    CHECK(contains(ended.err, "in release 1.1.0 ("));
    CHECK(contains(ended.err, "during destroy"));
    rig.open();
    CHECK(rig.active() == "1.0.0");
    CHECK_FALSE(rig.host->status().trial.has_value());
    CHECK(rig.count("canary_aborted") == life);
    CHECK(rig.count("crashed") == life);
    CHECK(rig.count("quarantined") == life - 1);
  }
  CHECK(rig.host->swap(kMoody).error().code == "quarantined");
}
