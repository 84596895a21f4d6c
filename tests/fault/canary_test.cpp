// The real daemon, the real plugin and its patched versions, eight clients: a good version is promoted, a bad one goes
// back by itself, and no client notices either.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "fault/files.hpp"
#include "fault/tasks.hpp"

using namespace test;

namespace {

namespace json = base::json;

struct Rig {
  TempDir dir;
  std::string library = dir / "ansible.so";
  Gateway gateway{options()};
  Complaints complaints;
  std::vector<std::vector<TaskStory>> stories{kClients};
  std::atomic<bool> stop{false};
  std::vector<std::thread> clients;

  Rig() { gateway.start(); }
  ~Rig() { finish(); }

  GatewayOptions options() const {
    write_file(library, read_file(PLUGIN));
    return drill_options(library);
  }

  void work() {
    for (int client = 0; client < kClients; ++client) {
      clients.emplace_back([this, client] { carry(client); });
    }
  }
  void finish() {
    stop = true;
    for (std::thread& client : clients) client.join();
    clients.clear();
  }

  // Carries tasks to completion; then asks for what has to be refused, sweeps and looks around.
  void carry(int client) {
    HttpClient http = gateway.client();
    auto& mine = stories[static_cast<std::size_t>(client)];
    while (!stop && complaints.count() == 0) {
      TaskStory story;
      story.agent = agent_name(client);
      story.title = "task " + std::to_string(client) + "-" + std::to_string(mine.size());
      mine.push_back(story);
      while (!mine.back().done()) {
        const Told told = take_step(gateway, http, mine.back());
        if (told.answer != Answer::kDone) return complaints.add(told.why);
      }
      const json::object late{{"taskId", mine.back().id},
                              {"agentId", story.agent},
                              {"status", "in_progress"},
                              {"note", "too late"}};
      const auto refused = gateway.try_invoke(http, "ansible_update_task", json::canonical(late));
      if (!refused || json::find(refused->details, "error") == nullptr) {
        complaints.add("a completed task was updated: " +
                       (refused ? json::canonical(refused->details) : "no answer"));
      }
      for (const auto& [tool, args] : {std::pair("ansible_sla_sweep", R"({"record_only":true})"),
                                       std::pair("ansible_status", "{}")}) {
        const auto reply = gateway.try_invoke(http, tool, args);
        if (!reply || reply->status != 200) complaints.add(std::string(tool) + " failed");
      }
    }
  }

  void check_clients() {
    finish();
    CHECK_MESSAGE(complaints.count() == 0, complaints.text());
    std::vector<TaskStory> all;
    for (const auto& mine : stories) all.insert(all.end(), mine.begin(), mine.end());
    audit(gateway, all);
  }

  RunResult plugins(std::vector<std::string> words) {
    std::vector<std::string> argv{OPENCLAW,      "--config",          gateway.config_file(),
                                  "--state-dir", gateway.state_dir(), "plugins"};
    argv.insert(argv.end(), words.begin(), words.end());
    return run(argv);
  }
  RunResult canary(const std::string& file, const std::string& from_stage) {
    return plugins({"canary", "ansible", file, "--from-stage", from_stage, "--stage-seconds", "2",
                    "--soak", "1", "--min-samples", "100", "--wait", "--json"});
  }
};

std::string patched(const std::string& name) {
  return std::string(PATCHED) + "/patched_" + name + ".so";
}

}  // namespace

TEST_CASE("a good version is promoted through every stage while eight clients work") {
  Rig rig;
  rig.work();
  const RunResult end = rig.canary(PLUGIN_NEXT, "shadow");
  CAPTURE(end.out);
  CAPTURE(end.err);
  CHECK(end.status == 0);
  CHECK(text_at(parse_json(end.out), "outcome") == "promoted");
  CHECK(serving(rig.gateway) == PLUGIN_NEXT_VERSION);
  const auto row = slot_row(rig.gateway);
  CHECK(text_at(row, "state") == "active");
  CHECK(row.at("candidate").is_null());
  rig.check_clients();
}

TEST_CASE("every bad version is caught in the shadow, or in the split when that is skipped") {
  for (const char* name :
       {"other_reply", "extra_write", "throws", "slow", "escalates", "reopens"}) {
    const bool only_differs =
        std::string_view(name) == "other_reply" || std::string_view(name) == "extra_write";
    for (const char* stage : {"shadow", "split"}) {
      if (only_differs && std::string_view(stage) == "split") continue;
      CAPTURE(name);
      CAPTURE(stage);
      Rig rig;
      rig.work();
      const RunResult end = rig.canary(patched(name), stage);
      CAPTURE(end.out);
      CAPTURE(end.err);
      CHECK(end.status == 1);
      const auto canary = parse_json(end.out);
      CHECK(text_at(canary, "outcome") == "rolled_back");
      CHECK(text_at(canary, "stage") == stage);
      CHECK(text_at(canary.at("verdict"), "judgement") == "fail");
      CHECK(std::filesystem::exists(text_at(canary, "evidence") + "/decision.json"));
      CHECK(serving(rig.gateway) == PLUGIN_VERSION);
      rig.check_clients();
      // And never again by itself.
      const RunResult again = rig.plugins({"canary", "ansible", patched(name)});
      CHECK(again.status == 1);
      CHECK(again.err.find("quarantined") != std::string::npos);
    }
  }
}

TEST_CASE("without traffic a canary is inconclusive: exit status 5, and nothing is promoted") {
  Rig rig;
  const RunResult end =
      rig.plugins({"canary", "ansible", PLUGIN_NEXT, "--stage-timeout", "2", "--wait"});
  CAPTURE(end.err);
  CHECK(end.status == 5);
  CHECK(end.err.find("inconclusive in shadow") != std::string::npos);
  CHECK(serving(rig.gateway) == PLUGIN_VERSION);
  CHECK(rig.plugins({"canary", "ansible", PLUGIN_NEXT}).status == 0);  // it may be tried again
  const auto row = slot_row(rig.gateway);
  CHECK(text_at(row.at("candidate"), "version") == PLUGIN_NEXT_VERSION);
  CHECK(text_at(row.at("canary"), "stage") == "shadow");
}

TEST_CASE(
    "killed in any stage, the gateway comes up on one good version and goes on with the trial") {
  for (const char* stage : {"shadow", "split", "soak"}) {
    CAPTURE(stage);
    Rig rig;
    REQUIRE(rig.plugins({"canary", "ansible", PLUGIN_NEXT, "--from-stage", stage}).status == 0);
    rig.gateway.process().kill_now();
    rig.gateway.start();
    const bool soaking = std::string_view(stage) == "soak";
    CHECK(serving(rig.gateway) == (soaking ? PLUGIN_NEXT_VERSION : PLUGIN_VERSION));
    const auto canary = slot_row(rig.gateway).at("canary");
    CHECK(text_at(canary, "stage") == stage);
    CHECK(canary.at("running").as_bool());
    const RunResult paused = rig.plugins({"pause", "ansible"});
    CHECK(paused.status == 0);
    CHECK(rig.plugins({"resume", "ansible"}).status == 0);
    CHECK(rig.plugins({"abort", "ansible"}).status == 0);
    CHECK(serving(rig.gateway) == PLUGIN_VERSION);
  }
}

TEST_CASE("killed at each step of a promotion: the old version until the new one is recorded") {
  struct Point {
    const char* name;
    bool done;
  };
  for (const Point& point :
       {Point{"intent_written", false}, Point{"loaded", false}, Point{"flipped", false},
        Point{"state_written", true}, Point{"retired", true}}) {
    CAPTURE(point.name);
    Rig rig;
    const std::string stop_file = rig.dir / "stop_at";
    rig.gateway.process().kill_now();
    rig.gateway.options().binary = OPENCLAWD_STOP;
    rig.gateway.options().env["GATEWAY_STOP_AT"] = "@" + stop_file;
    rig.gateway.start();
    REQUIRE(rig.plugins({"canary", "ansible", PLUGIN_NEXT}).status == 0);
    write_file(stop_file, point.name);
    rig.gateway.host_client().post("/host/plugins/promote", R"({"id":"ansible"})");
    CHECK(rig.gateway.process().wait().value_or(-1) == 128 + SIGKILL);
    rig.gateway.options().binary = OPENCLAWD;
    rig.gateway.start();
    CHECK(serving(rig.gateway) == (point.done ? PLUGIN_NEXT_VERSION : PLUGIN_VERSION));
    const auto canary = slot_row(rig.gateway).at("canary");
    CHECK(canary.at("running").as_bool());
    CHECK(text_at(canary, "stage") == (point.done ? "soak" : "shadow"));
    CHECK(rig.plugins({"abort", "ansible"}).status == 0);
    CHECK(serving(rig.gateway) == PLUGIN_VERSION);
  }
}

TEST_CASE("an operator promotes at once, and the history says who") {
  Rig rig;
  REQUIRE(rig.plugins({"canary", "ansible", PLUGIN_NEXT}).status == 0);
  CHECK(rig.plugins({"promote", "ansible"}).status == 0);
  CHECK(serving(rig.gateway) == PLUGIN_NEXT_VERSION);
  const RunResult history = rig.plugins({"history", "ansible", "--json"});
  const auto entries = parse_json(history.out).at("entries").as_array();
  const auto promoted = std::find_if(entries.begin(), entries.end(), [](const auto& entry) {
    return text_at(entry, "event") == "promoted";
  });
  REQUIRE(promoted != entries.end());
  CHECK(text_at(*promoted, "by") == "operator");
}
