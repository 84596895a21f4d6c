// A daemon with the real plugin, eight clients that use it in every way a canary judges, and the command line.
#pragma once

#include <algorithm>

#include "fault/task_rig.hpp"

namespace test {

struct CanaryRig : TaskRig {
  bool capabilities = false;    // the clients publish and withdraw some, too
  std::atomic<int> carried{0};  // tasks, by all clients
  bool rough = false;           // calls may get no answer, or be given up: they are asked for again

  // `plugins_extra`: further members of the configuration's "plugins", R"("a":1)".
  explicit CanaryRig(const std::string& plugins_extra = "")
      : TaskRig([&](GatewayOptions& options) {
          if (!plugins_extra.empty()) options.plugins_extra += "," + plugins_extra;
        }) {}
  ~CanaryRig() { finish(); }

  void work() {
    start_clients([this](int client) { carry(client); });
  }

  std::vector<std::string> plugins_line(std::vector<std::string> words) const {
    words.insert(words.begin(), "plugins");
    return command_line(words);
  }
  RunResult plugins(std::vector<std::string> words) const {
    words.insert(words.begin(), "plugins");
    return openclaw(words);
  }
  // A split goes by the connection: its last second and more is long enough for each client's every kind of call.
  static std::vector<std::string> canary_words(const std::string& file,
                                               const std::string& from_stage) {
    const std::string seconds = from_stage == "split" ? "4" : "2";
    return {"canary",
            "ansible",
            file,
            "--from-stage",
            from_stage,
            "--stage-seconds",
            seconds,
            "--soak",
            "1",
            "--min-samples",
            "100",
            "--stage-timeout",
            std::to_string(120 * TEST_PATIENCE),
            "--wait",
            "--json"};
  }
  // A soak is compared with what the active release took before: its first calls alone say little.
  RunResult canary(const std::string& file, const std::string& from_stage) const {
    const bool settled = from_stage != "soak" || clients.empty() ||
                         wait_until([this] { return carried >= 80; }, std::chrono::minutes(2));
    CHECK(settled);
    return plugins(canary_words(file, from_stage));
  }

  // The entries of one kind in the history, newest first.
  std::vector<base::json::value> history(const std::string& event) const {
    const RunResult told = plugins({"history", "ansible", "--json"});
    const auto document = parse_json(told.out);
    std::vector<base::json::value> out;
    for (const auto& entry : document.at("entries").as_array()) {
      if (text_at(entry, "event") == event) out.push_back(entry);
    }
    return out;
  }
  bool quarantined(const std::string& version) const {
    const auto entries = history("quarantined");
    return std::any_of(entries.begin(), entries.end(),
                       [&](const auto& entry) { return text_at(entry, "version") == version; });
  }

 private:
  // Carries tasks to completion; then asks for what has to be refused, sweeps, publishes and looks around.
  void carry(int client) {
    HttpClient http = gateway.client();
    while (going_on()) {
      TaskStory& story = new_story(client);
      if (!complete(http, story)) return;
      refuse_late(http, story);
      ask(http, "ansible_sla_sweep", R"({"record_only":true})");
      ask(http, "ansible_status", "{}");
      if (capabilities) {
        publish(http, "cap." + agent_name(client) + "-" +
                          std::to_string(stories[static_cast<std::size_t>(client)].size()));
      }
      ++carried;
    }
  }
  bool complete(HttpClient& http, TaskStory& story) {
    while (!story.done()) {
      const Told told = take_step(gateway, http, story);
      const bool done = told.answer == Answer::kDone || (rough && told.answer == Answer::kReplayed);
      if (done) continue;
      if (!rough || told.answer == Answer::kRefused) {
        complaints.add(told.why);
        return false;
      }
      await();
    }
    return true;
  }
  void refuse_late(HttpClient& http, const TaskStory& story) {
    const base::json::object late{{"taskId", story.id},
                                  {"agentId", story.agent},
                                  {"status", "in_progress"},
                                  {"note", "too late"}};
    const auto refused = ask(http, "ansible_update_task", base::json::canonical(late));
    if (refused && base::json::find(refused->details, "error") == nullptr) {
      complaints.add("a completed task was updated: " + base::json::canonical(refused->details));
    }
  }
  void publish(HttpClient& http, const std::string& id) {
    const base::json::object skill{{"name", "skill-of-" + id}, {"version", "1.0.0"}};
    const base::json::object capability{{"capability_id", id},
                                        {"name", id},
                                        {"version", "1.0.0"},
                                        {"owner_agent_id", "architect"},
                                        {"delegation_skill_ref", skill},
                                        {"executor_skill_ref", skill},
                                        {"contract_schema_ref", "schema://drill/1"}};
    const base::json::object withdrawal{{"capability_id", id}};
    for (const auto& [tool, args] : {std::pair("ansible_capability_publish", &capability),
                                     std::pair("ansible_capability_unpublish", &withdrawal)}) {
      const auto reply = ask(http, tool, base::json::canonical(*args));
      if (reply && base::json::find(reply->details, "error") != nullptr) {
        complaints.add(std::string(tool) + ": " + base::json::canonical(reply->details));
      }
    }
  }
  // Nothing: there was no good answer, and that was to be expected.
  std::optional<ToolReply> ask(HttpClient& http, const std::string& tool, const std::string& args) {
    auto reply = gateway.try_invoke(http, tool, args);
    if (reply && reply->status == 200) return reply;
    if (!rough) complaints.add(tool + " failed" + (reply ? ": " + reply->error_message : ""));
    return std::nullopt;
  }
  void await() const {
    wait_until([&] { return stop || gateway.status_of("/readyz") == 200; },
               std::chrono::minutes(1));
  }
};

}  // namespace test
