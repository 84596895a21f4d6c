// A gateway that dies at any named step of a swap comes up again on exactly one release, the right one.
#include "fault/files.hpp"
#include "fault/tasks.hpp"

using namespace test;

namespace {

struct Point {
  const char* name;
  bool done;         // the new release is recorded by then
  bool of_rollback;  // a rollback passes it: nothing is staged and proved again
};
constexpr Point kPoints[] = {
    {"staged", false, false}, {"proved", false, false}, {"intent_written", false, true},
    {"loaded", false, true},  {"flipped", false, true}, {"state_written", true, true},
    {"retired", true, true},
};
constexpr int kKilled = 128 + SIGKILL;

// A gateway that dies at the step whose name a file holds.
struct Rig {
  TempDir dir;
  std::string library = dir / "ansible.so";
  std::string stop_file = dir / "stop_at";
  Gateway gateway{options()};
  TaskStory story;

  GatewayOptions options() const {
    write_file(library, read_file(PLUGIN));
    GatewayOptions chosen = drill_options(library);
    chosen.binary = OPENCLAWD_STOP;
    chosen.env["GATEWAY_STOP_AT"] = "@" + stop_file;
    return chosen;
  }

  // Up, with a task in the middle of its life.
  void start() {
    gateway.start();
    REQUIRE(serving(gateway) == PLUGIN_VERSION);
    story.agent = agent_name(0);
    story.title = "across the crash";
    HttpClient client = gateway.client();
    while (story.acknowledged < 3) {
      const Told told = take_step(gateway, client, story);
      REQUIRE_MESSAGE(told.answer == Answer::kDone, told.why);
    }
  }

  void arm(const Point& point) { write_file(stop_file, point.name); }

  // Asks over the host socket; whether it answers before it dies depends on the step.
  void ask(const std::string& verb, const std::string& body) {
    gateway.host_client().post("/host/plugins/" + verb, body);
  }
  void ask_swap(const std::string& file) {
    ask("swap", base::json::canonical(base::json::object{{"id", "ansible"}, {"what", file}}));
  }
  void ask_rollback() { ask("rollback", R"({"id":"ansible"})"); }

  void swap_to(const char* file, const char* version) {
    const auto [status, body] =
        gateway.host("plugins/swap",
                     base::json::canonical(base::json::object{{"id", "ansible"}, {"what", file}}));
    CAPTURE(base::json::canonical(body));
    CHECK(status == 200);
    CHECK(serving(gateway) == version);
  }

  void check_died() {
    CHECK_MESSAGE(gateway.process().wait().value_or(-1) == kKilled, gateway.log());
  }

  // The ordinary daemon comes up on this version, and everything works.
  void check_after(const std::string& version) {
    gateway.options().binary = OPENCLAWD;
    gateway.start();
    CHECK(serving(gateway) == version);
    const auto row = slot_row(gateway);
    CAPTURE(base::json::canonical(row));
    CHECK(text_at(row, "version") == version);
    CHECK(text_at(row, "state") == "active");
    const std::string root = gateway.state_dir() + "/plugins/ansible";
    CHECK(names_in(root + "/loaded") == mapped_images(gateway.process().pid()));
    CHECK(names_in(root + "/loaded").size() >= 1);
    // Active, and the one before it where the boot itself activated the changed file.
    CHECK(names_in(root + "/loaded").size() <= 2);
    CHECK(names_in(root + "/staging").empty());
    CHECK(names_in(root + "/releases").size() <= 2);
    check_works(version);
  }

 private:
  void check_works(const std::string& version) {
    HttpClient client = gateway.client();
    while (!story.done()) {
      const Told told = take_step(gateway, client, story);
      REQUIRE_MESSAGE(told.answer == Answer::kDone, told.why);
    }
    audit(gateway, {story});
    if (version == PLUGIN_VERSION) {
      swap_to(PLUGIN_NEXT, PLUGIN_NEXT_VERSION);
    } else {
      swap_to(PLUGIN, PLUGIN_VERSION);
    }
    const auto [status, body] = gateway.host("plugins/rollback", R"({"id":"ansible"})");
    CHECK(status == 200);
    CHECK(serving(gateway) == version);
  }
};

}  // namespace

TEST_CASE(
    "killed at each step of a swap by command: the old release until the new one is "
    "recorded") {
  for (const Point& point : kPoints) {
    CAPTURE(point.name);
    Rig rig;
    rig.start();
    rig.arm(point);
    rig.ask_swap(PLUGIN_NEXT);
    rig.check_died();
    rig.check_after(point.done ? PLUGIN_NEXT_VERSION : PLUGIN_VERSION);
  }
}

TEST_CASE("killed at each step of a swap by the file: the file still asks at the next boot") {
  for (const Point& point : kPoints) {
    CAPTURE(point.name);
    Rig rig;
    rig.start();
    rig.arm(point);
    rename_over(read_file(PLUGIN_NEXT), rig.library);
    rig.check_died();
    rig.check_after(PLUGIN_NEXT_VERSION);
  }
}

TEST_CASE(
    "killed at each step of a rollback: the release rolled back from until the other is "
    "recorded") {
  for (const Point& point : kPoints) {
    if (!point.of_rollback) continue;
    for (const bool still_loaded : {true, false}) {
      CAPTURE(point.name);
      CAPTURE(still_loaded);
      Rig rig;
      rig.start();
      rig.swap_to(PLUGIN_NEXT, PLUGIN_NEXT_VERSION);
      if (!still_loaded) {
        rig.gateway.process().kill_now();
        rig.gateway.start();
        REQUIRE(serving(rig.gateway) == PLUGIN_NEXT_VERSION);
      }
      rig.arm(point);
      rig.ask_rollback();
      rig.check_died();
      rig.check_after(point.done ? PLUGIN_VERSION : PLUGIN_NEXT_VERSION);
    }
  }
}
