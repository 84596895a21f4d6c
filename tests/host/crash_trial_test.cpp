// A gateway killed at any step of an import, of the end of a watch and of a one-way upgrade comes up on
// exactly one good release, and goes on from there.
#include <doctest/doctest.h>

#include <csignal>

#include "host/rig.hpp"

using namespace test;

namespace {

constexpr int kKilled = 128 + SIGKILL;
const std::string kSteady = variant("moody_1_0_0");
const std::string kMoody = variant("moody_1_1_0");

struct Dying : Rig {
  explicit Dying(const std::string& plugin, const std::string& first) : Rig(plugin) {
    options.crash_report = true;
    open_with(first);
    host.reset();
  }
  void live_and_die(std::vector<std::string> deeds) {
    host.reset();
    std::vector<std::string> argv = {MOOD_CHILD, temp.path(), options.plugin};
    argv.insert(argv.end(), deeds.begin(), deeds.end());
    const auto result = run(std::move(argv), {}, std::chrono::minutes(2));
    CAPTURE(result.err);
    CHECK(result.status == kKilled);
    CHECK(result.err.empty());
  }
  bool has(const std::string& event) const {
    const auto all = events();
    return std::find(all.begin(), all.end(), event) != all.end();
  }
  // It serves, and nothing is left over.
  void check_tidy() {
    CHECK(contains(read_text(root() + "/state.json"), "\"intent\": null"));
    CHECK(files_in(root() + "/staging").empty());
    CHECK(mapped_plugins(root()) == files_in(root() + "/loaded").size());
    for (const std::string& name : files_in(root() + "/releases")) CHECK(name.size() == 64);
  }
  gateway::Outcome act(const std::string& mood) {
    gateway::Request request;
    request.name = "act";
    request.args_json = "{\"mood\":\"" + mood + "\"}";
    request.caller_kind = GW_CALLER_OPERATOR;
    return host->run(std::move(request));
  }
};

}  // namespace

TEST_CASE("killed at each step of an install: the release is kept whole, or not at all") {
  for (const char* point : {"staged", "proved", "kept"}) {
    CAPTURE(point);
    Dying rig("moody", kSteady);
    rig.live_and_die({"arm", point, "install", kMoody});
    rig.open();
    CHECK(rig.active() == "1.0.0");
    CHECK(rig.state() == "active");
    CHECK(rig.host->releases().size() == (std::string(point) == "kept" ? 2 : 1));
    rig.check_tidy();
    REQUIRE(rig.host->install(kMoody).ok());
    REQUIRE(rig.host->swap("1.1.0").ok());
    CHECK(rig.active() == "1.1.0");
  }
}

TEST_CASE("killed at each step of a rollback that a failed watch makes") {
  struct Point {
    const char* name;
    bool done;  // state.json names the old release
  };
  for (const Point& point :
       {Point{"intent_written", false}, Point{"loaded", false}, Point{"flipped", false},
        Point{"state_written", true}, Point{"retired", true}}) {
    CAPTURE(point.name);
    Dying rig("moody", kSteady);
    rig.live_and_die({"swap", kMoody, "arm", point.name, "act", "fail", "act", "fail", "act",
                      "fail", "wait", "-"});
    rig.open();
    CHECK(rig.active() == (point.done ? "1.0.0" : "1.1.0"));
    CHECK(rig.host->status().trial.has_value() == !point.done);
    CHECK(rig.has("quarantined") == point.done);
    CHECK(rig.has("interrupted") == !point.done);
    rig.check_tidy();
    // Where the watch goes on, it ends the same way.
    if (!point.done) {
      for (int i = 0; i < 3; ++i) rig.act("fail");
      REQUIRE(rig.becomes_active("1.0.0"));
    }
    CHECK(rig.has("quarantined"));
    CHECK(rig.act("well").kind == gateway::Outcome::Kind::kReply);
  }
}

TEST_CASE("killed at each step of the end of a good watch") {
  for (const char* point : {"watch_over", "marked_good"}) {
    CAPTURE(point);
    const bool done = std::string(point) == "marked_good";
    Dying rig("moody", kSteady);
    rig.live_and_die({"window", "200", "arm", point, "swap", kMoody, "wait", "-"});
    rig.open();
    CHECK(rig.active() == "1.1.0");
    CHECK(rig.host->status().trial.has_value() == !done);
    CHECK(rig.has("marked_good") == done);
    rig.check_tidy();
    REQUIRE(rig.host->rollback().ok());
    CHECK(rig.active() == "1.0.0");
  }
}

TEST_CASE("killed at each step of a one-way upgrade: one release that reads what is stored") {
  struct Point {
    const char* name;
    bool raised;    // past it only the new release reads the store
    bool migrated;  // before the next boot
  };
  for (const Point& point : {Point{"proved", false, false}, Point{"kept", false, false},
                             Point{"backed_up", false, false},
                             Point{"intent_written", false, false}, Point{"loaded", false, false},
                             Point{"flipped", true, false}, Point{"state_written", true, false},
                             Point{"retired", true, false}, Point{"migrated", true, true}}) {
    CAPTURE(point.name);
    Dying rig("variant", variant("reads_1_writes_1"));
    rig.live_and_die({"arm", point.name, "upgrade", variant("migrates")});
    rig.open();
    CHECK(rig.active() == (point.raised ? "4.0.0" : "1.0.0"));
    CHECK(rig.state() == "active");
    CHECK(format_in(rig.host->engine()) == (point.raised ? "2" : "1"));
    CHECK(rig.has("upgraded") == point.raised);
    CHECK(rig.has("migrated") == point.raised);  // at the latest by this boot
    rig.check_tidy();
    if (point.raised) CHECK(rig.host->rollback().error().code == "one_way");
    const auto text = read_text(rig.root() + "/state.json");
    CHECK(contains(text, "\"upgrade\": null") == !point.raised);
  }
}
