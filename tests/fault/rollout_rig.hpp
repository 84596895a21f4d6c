// A gateway with light clients, and the command line that rolls a release out on it.
#pragma once

#include <algorithm>
#include <chrono>

#include "fault/task_rig.hpp"

namespace test {

namespace json = base::json;

struct RolloutRig : TaskRig {
  // `more_config`: further members of the plugin's configuration, R"("a":1)".
  explicit RolloutRig(const std::string& more_config = {})
      : TaskRig([&](GatewayOptions& options) {
          if (!more_config.empty()) options.plugin_config.insert(1, more_config + ",");
        }) {}
  ~RolloutRig() { finish(); }

  // Light clients: each carries a task through its life, looks around, and rests a little.
  void work() {
    start_clients([this](int client) { carry(client); });
  }
  // One that only looks, and does not mind when nobody answers.
  void look_around() {
    clients.emplace_back([this] {
      while (!stop) {
        HttpClient http = gateway.client();
        gateway.try_invoke(http, "ansible_status", "{}");
        std::this_thread::sleep_for(milliseconds(5));
      }
    });
  }
  void carry(int client) {
    HttpClient http = gateway.client();
    while (going_on()) {
      TaskStory& story = new_story(client);
      while (!story.done()) {
        const Told told = take_step(gateway, http, story);
        if (told.answer != Answer::kDone) return complaints.add(told.why);
      }
      const auto reply = gateway.try_invoke(http, "ansible_status", "{}");
      if (!reply || reply->status != 200) complaints.add("ansible_status failed");
      std::this_thread::sleep_for(milliseconds(10));
    }
  }

  RunResult rollout(std::vector<std::string> words) const {
    words.insert(words.begin(), "rollout");
    return openclaw(words);
  }

  json::value current() const {
    const auto [status, body] = gateway.host("rollout/status");
    REQUIRE(status == 200);
    return body.at("result").at("rollout");
  }
  bool over() const { return text_at(current(), "step") == "over"; }
  // Until it is over; then that is how it ended.
  json::value ended() const {
    REQUIRE_MESSAGE(wait_until([&] { return over(); }, milliseconds(60'000)),
                    json::canonical(current()) << "\n"
                                               << gateway.log());
    return current();
  }
  void wait_for_step(const std::string& step) const {
    REQUIRE_MESSAGE(
        wait_until([&] { return text_at(current(), "step") == step; }, milliseconds(60'000)),
        json::canonical(current()) << "\n"
                                   << gateway.log());
  }

  json::value sla(const char* name) const {
    return gateway.invoke("ansible_status").details.at("sla").at("policy").at(name).at("value");
  }
  bool records_only() const { return sla("recordOnly") == json::value(true); }

  // Nothing of the rollout's own agents, tasks, messages and capabilities is to be seen.
  void check_nothing_left() const {
    for (const auto& [tool, args] :
         {std::pair("ansible_list_agents", "{}"), std::pair("ansible_list_capabilities", "{}"),
          std::pair("ansible_find_task", R"({"titleContains":"rollout","limit":50})"),
          std::pair("ansible_dump_state", "{}"), std::pair("ansible_dump_messages", "{}")}) {
      const std::string text = json::canonical(gateway.invoke(tool, args).details);
      CHECK_MESSAGE(text.find("rollout-o") == std::string::npos, tool << ": " << text);
      CHECK_MESSAGE(text.find("cap.rollout") == std::string::npos, tool << ": " << text);
    }
  }
};

inline std::string state_of(const json::value& rollout, std::string_view phase) {
  for (const auto& item : rollout.at("phases").as_array()) {
    if (text_at(item, "phase") == phase) return text_at(item, "state");
  }
  return "";
}

// A trial that a light load passes in seconds, but for what `more` says.
inline std::vector<std::string> quick(const std::string& to,
                                      const std::vector<std::string>& more = {}) {
  const std::string timeout = std::to_string(60 * TEST_PATIENCE);
  std::vector<std::string> words{"start", "--to", to};
  for (const auto& [flag, value] :
       {std::pair("--soak", "1"), std::pair("--settle", "0.05"), std::pair("--min-samples", "30"),
        std::pair("--stage-seconds", "0.5"), std::pair("--stage-timeout", timeout.c_str())}) {
    if (std::find(more.begin(), more.end(), flag) != more.end()) continue;
    words.insert(words.end(), {flag, value});
  }
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace test
