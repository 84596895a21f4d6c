// A gateway killed at any step of a swap comes up on exactly one release, the right one: what
// `stable` in state.json says. The write of state.json right after the flip is the one moment at
// which that changes; an intent alone changes nothing, because nobody was told that it was done.
#include <doctest/doctest.h>

#include "host/rig.hpp"

using namespace test;

namespace {

constexpr int kKilled = 128 + SIGKILL;

struct Point {
  const char* name;
  bool interrupted;  // the intent is on disk, the end of the swap is not
  bool done;         // state.json names the new release
};
constexpr Point kPoints[] = {
    {"staged", false, false}, {"proved", false, false}, {"intent_written", true, false},
    {"loaded", true, false},  {"flipped", true, false}, {"state_written", false, true},
    {"retired", false, true},
};
// A rollback goes to a release that was proved before: it is not staged and proved again.
bool in_rollback(const Point& point) {
  return std::string_view(point.name) != "staged" && std::string_view(point.name) != "proved";
}

int run_child(const Rig& rig, const Point& point, std::vector<std::string> action) {
  std::vector<std::string> argv = {CRASH_CHILD, rig.temp.path(), point.name};
  argv.insert(argv.end(), action.begin(), action.end());
  const auto result = run(std::move(argv), {}, std::chrono::minutes(2));
  CAPTURE(result.err);
  CHECK(result.err.empty());
  return result.status;
}

// The gateway, booted again after the child died: it serves, and nothing is left over.
void check_booted(Rig& rig, const std::string& expected) {
  rig.open();
  CHECK(rig.active() == expected);
  CHECK(rig.answers(expected));
  const auto status = rig.host->status();
  CHECK(status.state == "active");
  REQUIRE(status.active.has_value());
  CHECK(status.active->release.version == expected);
  const std::string state = read_text(rig.root() + "/state.json");
  CHECK(contains(state, "\"intent\": null"));
  CHECK(mapped_plugins(rig.root()) == files_in(rig.root() + "/loaded").size());
  CHECK(files_in(rig.root() + "/loaded").size() <= 2);  // active and parked
  CHECK(files_in(rig.root() + "/staging").empty());
  for (const std::string& name : files_in(rig.root() + "/releases")) CHECK(name.size() == 64);
}

bool was_interrupted(const Rig& rig) {
  const auto events = rig.events();
  return std::find(events.begin(), events.end(), "interrupted") != events.end();
}

void check_next_swap(Rig& rig) {
  const std::string other = rig.active() == "1.0.0" ? "1.1.0" : "1.0.0";
  const auto next = rig.host->swap(other == "1.0.0" ? kEcho10 : kEcho11);
  REQUIRE_MESSAGE(next.ok(), next.error().message);
  CHECK(rig.answers(other));
  REQUIRE(rig.host->rollback().ok());
}

}  // namespace

TEST_CASE("killed at each step of a swap to a file") {
  for (const Point& point : kPoints) {
    CAPTURE(point.name);
    Rig rig;
    rig.open_with(kEcho10);
    rig.host.reset();
    CHECK(run_child(rig, point, {"swap", kEcho11}) == kKilled);
    check_booted(rig, point.done ? "1.1.0" : "1.0.0");
    CHECK(was_interrupted(rig) == point.interrupted);
    CHECK(files_in(rig.root() + "/loaded").size() == 1);
    check_next_swap(rig);
  }
}

TEST_CASE("killed at each step of a swap to a release that is kept") {
  for (const Point& point : kPoints) {
    CAPTURE(point.name);
    Rig rig;
    rig.open_with(kEcho10);
    REQUIRE(rig.host->install(kEcho11).ok());
    rig.host.reset();
    CHECK(run_child(rig, point, {"swap", "1.1.0"}) == kKilled);
    check_booted(rig, point.done ? "1.1.0" : "1.0.0");
    CHECK(was_interrupted(rig) == point.interrupted);
    check_next_swap(rig);
  }
}

TEST_CASE("killed at each step of a rollback, the release before loaded or not") {
  for (const Point& point : kPoints) {
    if (!in_rollback(point)) continue;
    for (const bool warm : {true, false}) {
      CAPTURE(point.name);
      CAPTURE(warm);
      Rig rig;
      rig.open_with(kEcho10);
      if (!warm) REQUIRE(rig.host->swap(kEcho11).ok());
      rig.host.reset();
      const std::vector<std::string> action =
          warm ? std::vector<std::string>{"swap-rollback", kEcho11}
               : std::vector<std::string>{"rollback"};
      CHECK(run_child(rig, point, action) == kKilled);
      check_booted(rig, point.done ? "1.0.0" : "1.1.0");
      CHECK(was_interrupted(rig) == point.interrupted);
      // The way back, or forward again, is open.
      REQUIRE(rig.host->rollback().ok());
      CHECK(rig.answers(point.done ? "1.1.0" : "1.0.0"));
      check_next_swap(rig);
    }
  }
}

TEST_CASE("killed at each step of a swap by the file: the file is still there and still asks") {
  for (const Point& point : kPoints) {
    CAPTURE(point.name);
    Rig rig;
    rig.open_with(kEcho10);
    rig.host.reset();
    CHECK(run_child(rig, point, {"file", kEcho11}) == kKilled);
    // The old release boots, and the file's digest is not the one decided about last: it is
    // activated.
    check_booted(rig, "1.1.0");
    CHECK(was_interrupted(rig) == point.interrupted);
    REQUIRE(rig.host->status().parked.has_value());
    CHECK(rig.host->status().parked->release.version == "1.0.0");
    check_next_swap(rig);
  }
}

TEST_CASE("killed at each step of the very first activation") {
  for (const Point& point : kPoints) {
    CAPTURE(point.name);
    Rig rig;
    rename_over(kEcho10, rig.library());
    CHECK(run_child(rig, point, {"boot"}) == kKilled);
    check_booted(rig, "1.0.0");
    CHECK(rig.host->releases().size() == 1);
    CHECK(files_in(rig.root() + "/loaded").size() == 1);
    check_next_swap(rig);
  }
}
