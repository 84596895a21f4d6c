// A daemon with the real plugin, and clients that carry tasks to completion while it goes through something.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "fault/files.hpp"
#include "fault/tasks.hpp"

namespace test {

inline std::string patched(const std::string& name) {
  return std::string(PATCHED) + "/patched_" + name + ".so";
}

// A rig made of it ends the clients itself, by finish() in its own destructor: they use what it adds.
struct TaskRig {
  TempDir dir;
  std::string library = dir / "ansible.so";
  Gateway gateway;
  Complaints complaints;
  std::vector<std::vector<TaskStory>> stories{kClients};  // of each client
  std::atomic<bool> stop{false};
  std::vector<std::thread> clients;

  // `change` has the last word about the options.
  explicit TaskRig(const std::function<void(GatewayOptions&)>& change)
      : gateway(options(library, change)) {
    gateway.start();
  }
  ~TaskRig() { finish(); }

  // Clients that `carry` on, each by its number, until `stop`.
  void start_clients(const std::function<void(int)>& carry) {
    for (int client = 0; client < kClients; ++client) {
      clients.emplace_back([carry, client] { carry(client); });
    }
  }
  bool going_on() const { return !stop && complaints.count() == 0; }
  TaskStory& new_story(int client) {
    auto& mine = stories[static_cast<std::size_t>(client)];
    TaskStory story;
    story.agent = agent_name(client);
    story.title = "task " + std::to_string(client) + "-" + std::to_string(mine.size());
    mine.push_back(std::move(story));
    return mine.back();
  }
  void finish() {
    stop = true;
    for (std::thread& client : clients) client.join();
    clients.clear();
    stop = false;
  }

  // No client noticed anything, and no task is there but theirs.
  void check_clients() {
    finish();
    CHECK_MESSAGE(complaints.count() == 0, complaints.text());
    std::vector<TaskStory> all;
    for (const auto& mine : stories) all.insert(all.end(), mine.begin(), mine.end());
    audit(gateway, all);
  }

  std::vector<std::string> command_line(const std::vector<std::string>& words) const {
    std::vector<std::string> argv{OPENCLAW, "--config", gateway.config_file(), "--state-dir",
                                  gateway.state_dir()};
    argv.insert(argv.end(), words.begin(), words.end());
    return argv;
  }
  RunResult openclaw(const std::vector<std::string>& words) const {
    return run(command_line(words), {}, std::chrono::minutes(3));
  }

 private:
  static GatewayOptions options(const std::string& library,
                                const std::function<void(GatewayOptions&)>& change) {
    write_file(library, read_file(PLUGIN));
    GatewayOptions options = drill_options(library);
    change(options);
    return options;
  }
};

}  // namespace test
