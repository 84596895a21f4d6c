// `kill -9` at every step that is written down, of everything that changes what boots: the steps are those that the
// code itself names, so that one that this table does not know fails it. The next boot serves on exactly one release,
// the right one, and says what happened.
#include <functional>

#include "fault/kill_rig.hpp"
#include "host/stop_point.hpp"

using namespace test;

namespace {

using Points = std::vector<std::string>;
using Preparation = std::function<void(KillRig&)>;

// What the next boot finds.
struct Found {
  const char* version;
  const char* stage;         // of the canary that goes on; nullptr: there is none
  const char* event;         // in the history; nullptr: nothing was begun yet
  std::size_t releases = 0;  // on disk; 0: not looked at
};

struct Operation {
  const char* name;
  Preparation before;
  Preparation run;   // empty: calls bring it about
  Points points;     // in the order in which they are passed
  const char* turn;  // from here on it is done
  Found undone;
  Found done;
  int watch_seconds = 3600;
};

const char* const kOld = PLUGIN_VERSION;
const char* const kNew = PLUGIN_NEXT_VERSION;
const char* const kAnswersOtherwise = PATCHED "/patched_other_reply.so";
const char* const kEscalates = PATCHED "/patched_escalates.so";
const char* const kThrows = PATCHED "/patched_throws.so";
const char* const kNewerFormat = PATCHED "/patched_newer_format.so";
const Points kFlip = {"intent_written", "loaded", "flipped", "state_written", "retired"};

Points operator+(Points a, const Points& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

void nothing(KillRig&) {}
void installed(KillRig& rig) { rig.must("install", {{"file", PLUGIN_NEXT}}); }
void on_trial_in(KillRig& rig, const std::string& file, const char* stage) {
  rig.canary(file, stage, false);
  REQUIRE(rig.stage_is(stage));
}
Preparation judged_in(const char* file, const char* stage) {
  return [=](KillRig& rig) {
    rig.canary(file, stage);
    REQUIRE(rig.stage_is(stage));
  };
}
void promoted(KillRig& rig) {
  on_trial_in(rig, PLUGIN_NEXT, "soak");
  rig.must("promote");
}

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all = {
      {"install",
       nothing,
       [](KillRig& rig) {
         rig.ask("install", {{"file", PLUGIN_NEXT}});
       },
       {"staged", "proved", "kept"},
       "kept",
       {kOld, nullptr, nullptr, 1},
       {kOld, nullptr, nullptr, 2}},
      {"canary from the shadow",
       nothing,
       [](KillRig& rig) { rig.canary(PLUGIN_NEXT, "shadow", false); },
       {"staged", "proved", "kept", "trial_begun", "stage_written", "stage_entered"},
       "trial_begun",
       {kOld, nullptr, nullptr},
       {kOld, "shadow", "canary_started"}},
      {"canary from the split",
       installed,
       [](KillRig& rig) { rig.canary(PLUGIN_NEXT_VERSION, "split", false); },
       {"staged", "proved", "trial_begun", "stage_written", "stage_entered"},
       "trial_begun",
       {kOld, nullptr, "imported"},
       {kOld, "split", "canary_started"}},
      {"canary from the soak",
       installed,
       [](KillRig& rig) { rig.canary(PLUGIN_NEXT_VERSION, "soak", false); },
       Points{"staged", "proved", "trial_begun"} + kFlip,
       "trial_begun",
       {kOld, nullptr, "imported"},
       {kNew, "soak", "promoted"}},
      {"the shadow passed",
       judged_in(PLUGIN_NEXT, "shadow"),
       {},
       {"stage_written", "stage_entered"},
       "stage_written",
       {kOld, "shadow", "canary_started"},
       {kOld, "split", "canary_stage"}},
      {"the split passed",
       judged_in(PLUGIN_NEXT, "split"),
       {},
       kFlip,
       "state_written",
       {kOld, "split", "interrupted"},
       {kNew, "soak", "promoted"}},
      {"the operator promotes",
       [](KillRig& rig) { on_trial_in(rig, PLUGIN_NEXT, "shadow"); },
       [](KillRig& rig) { rig.ask("promote"); },
       kFlip,
       "state_written",
       {kOld, "shadow", "interrupted"},
       {kNew, "soak", "promoted"}},
      {"the soak passed",
       judged_in(PLUGIN_NEXT, "soak"),
       {},
       {"watch_over", "marked_good"},
       "marked_good",
       {kNew, "soak", "promoted"},
       {kNew, nullptr, "marked_good"}},
      {"rolled back by itself in the shadow",
       judged_in(kAnswersOtherwise, "shadow"),
       {},
       {"judged", "trial_dropped"},
       "trial_dropped",
       {kOld, "shadow", "canary_stage"},
       {kOld, nullptr, "quarantined"}},
      {"rolled back by itself in the split",
       judged_in(kEscalates, "split"),
       {},
       {"judged", "trial_dropped"},
       "trial_dropped",
       {kOld, "split", "canary_stage"},
       {kOld, nullptr, "quarantined"}},
      {"rolled back by itself in the soak",
       judged_in(kEscalates, "soak"),
       {},
       Points{"judged"} + kFlip,
       "state_written",
       {"9.9.5-patched", "soak", "promoted"},
       {kOld, nullptr, "rolled_back"}},
      {"the operator ends a split",
       [](KillRig& rig) { on_trial_in(rig, PLUGIN_NEXT, "split"); },
       [](KillRig& rig) { rig.ask("abort"); },
       {"judged", "trial_dropped"},
       "trial_dropped",
       {kOld, "split", "canary_stage"},
       {kOld, nullptr, "canary_aborted"}},
      {"a rollback ends a shadow",
       [](KillRig& rig) { on_trial_in(rig, PLUGIN_NEXT, "shadow"); },
       [](KillRig& rig) { rig.ask("rollback"); },
       {"judged", "trial_dropped"},
       "trial_dropped",
       {kOld, "shadow", "canary_started"},
       {kOld, nullptr, "canary_aborted"}},
      {"the operator ends a soak",
       [](KillRig& rig) { on_trial_in(rig, PLUGIN_NEXT, "soak"); },
       [](KillRig& rig) { rig.ask("abort"); },
       Points{"judged"} + kFlip,
       "state_written",
       {kNew, "soak", "promoted"},
       {kOld, nullptr, "rolled_back"}},
      {"the operator rolls back what was promoted",
       promoted,
       [](KillRig& rig) { rig.ask("rollback"); },
       kFlip,
       "state_written",
       {kNew, nullptr, "interrupted"},
       {kOld, nullptr, "rolled_back"}},
      {"swap",
       nothing,
       [](KillRig& rig) {
         rig.ask("swap", {{"what", PLUGIN_NEXT}});
       },
       Points{"staged", "proved", "kept"} + kFlip,
       "state_written",
       {kOld, nullptr, nullptr},
       {kNew, nullptr, "activated"}},
      {"the watch of a swap is over",
       [](KillRig& rig) {
         rig.must("swap", {{"what", PLUGIN_NEXT}});
       },
       {},
       {"watch_over", "marked_good"},
       "marked_good",
       {kNew, nullptr, "activated"},
       {kNew, nullptr, "marked_good"},
       1},
      {"rolled back by itself while it is watched",
       [](KillRig& rig) {
         rig.must("swap", {{"what", kThrows}});
       },
       {},
       kFlip,
       "state_written",
       {"9.9.3-patched", nullptr, "interrupted"},
       {kOld, nullptr, "quarantined"}},
      {"one-way upgrade",
       nothing,
       [](KillRig& rig) {
         rig.ask("swap", {{"what", kNewerFormat}, {"oneWay", true}});
       },
       Points{"staged", "proved", "kept", "backed_up"} + kFlip + Points{"migrated"},
       "flipped",
       {kOld, nullptr, nullptr},
       {"9.9.10-patched", nullptr, "migrated"}},
  };
  return all;
}

bool done_at(const Operation& operation, std::size_t point) {
  const auto& points = operation.points;
  const auto turn = std::find(points.begin(), points.end(), operation.turn);
  return points.begin() + static_cast<std::ptrdiff_t>(point) >= turn;
}
void bring_about(KillRig& rig, const Operation& operation, const std::function<bool()>& enough) {
  if (operation.run) operation.run(rig);
  if (!operation.run) rig.drive(enough);
}

// Exactly one release serves; what state.json names boots, and nothing is left over.
void check_found(KillRig& rig, const Found& found) {
  // In a split either may answer; and what the patched versions say about themselves is what they were made from.
  const std::string_view version = found.version;
  const bool split = found.stage != nullptr && std::string_view(found.stage) == "split";
  if (!split && !version.ends_with("-patched")) CHECK(serving(rig.gateway) == version);
  const auto row = slot_row(rig.gateway);
  CAPTURE(base::json::canonical(row));
  CHECK(text_at(row, "version") == found.version);
  if (found.stage != nullptr) {
    CHECK(rig.stage_is(found.stage));
  } else {
    CHECK(row.at("candidate").is_null());
  }
  const auto events = rig.events();
  CAPTURE(base::json::canonical(base::json::array(events.begin(), events.end())));
  if (found.event != nullptr) CHECK(rig.has(found.event));
  const std::string root = rig.gateway.state_dir() + "/plugins/ansible";
  CHECK(names_in(root + "/staging").empty());
  if (found.releases != 0) CHECK(names_in(root + "/releases").size() == found.releases);
  CHECK(names_in(root + "/loaded") == mapped_images(rig.gateway.process().pid()));
}

}  // namespace

TEST_CASE("every step that is written down is in the table, in its order") {
  Points known;
  for (const Operation& operation : operations()) {
    CAPTURE(std::string(operation.name));
    KillRig rig(operation.watch_seconds);
    operation.before(rig);
    rig.trace();
    bring_about(rig, operation, [&] { return rig.passed().size() >= operation.points.size(); });
    rig.ask("resume");  // takes its turn: what goes on by itself has passed its step whole by then
    Points passed = rig.passed();
    CAPTURE(base::json::canonical(base::json::array(passed.begin(), passed.end())));
    // Calls may have brought about the next step, too.
    if (!operation.run) passed.resize(std::min(passed.size(), operation.points.size()));
    CHECK(passed == operation.points);
    known = known + operation.points;
  }
  for (const std::string_view point : gateway::kStopPoints) {
    CAPTURE(point);
    CHECK(std::find(known.begin(), known.end(), point) != known.end());
  }
}

TEST_CASE("killed at every step of everything that changes what boots") {
  for (const Operation& operation : operations()) {
    for (std::size_t i = 0; i < operation.points.size(); ++i) {
      CAPTURE(std::string(operation.name));
      CAPTURE(operation.points[i]);
      KillRig rig(operation.watch_seconds);
      operation.before(rig);
      rig.die_at(operation.points[i]);
      bring_about(rig, operation, [] { return false; });
      rig.revive();
      const bool done = done_at(operation, i);
      const Found& found = done ? operation.done : operation.undone;
      check_found(rig, found);
      // What was begun, and not recorded as done, is said to have been interrupted; where it is recorded, nothing is.
      const Points& points = operation.points;
      const auto intent = std::find(points.begin(), points.end(), "intent_written");
      const auto written = std::find(points.begin(), points.end(), "state_written");
      const auto at = points.begin() + static_cast<std::ptrdiff_t>(i);
      CHECK(rig.has("interrupted") == (intent <= at && at < written));
      // What calls brought about, they bring about again.
      if (!operation.run && !done) rig.drive([&] { return rig.has(operation.done.event); });
      const auto reply = rig.gateway.invoke("ansible_status");
      CHECK(reply.status == 200);
    }
  }
}
