// A host with the trial plugin active, eight clients, and canaries that last no longer than they must.
#pragma once

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/json.hpp"
#include "gateway/host.hpp"
#include "gateway/sqlite_engine.hpp"
#include "host/files.hpp"
#include "support/process.hpp"

namespace test {

inline std::string trial(const std::string& name) { return TRIALS "/" + name + ".so"; }

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Clients that carry tasks through their lives, publish, reopen and read, one call after the other.
// Thread rule: start and stop on one thread; the rest from any.
class Traffic {
 public:
  explicit Traffic(std::unique_ptr<gateway::Host>& host) : host_(host) {}
  ~Traffic() { stop(); }

  void start() {
    stopping_ = false;
    for (int client = 0; client < 8; ++client) {
      threads_.emplace_back([this, client] { work(client); });
    }
  }
  void stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  int calls() const { return calls_; }
  std::string failures() const {
    const std::lock_guard lock(mutex_);
    return failures_;
  }

 private:
  void work(int client) {
    for (int task = 0; !stopping_; ++task) {
      const std::string id = std::to_string(++tasks_) + "-" + std::to_string(client);
      static constexpr const char* kLife[] = {"work", "work", "look",   "work",
                                              "work", "list", "reopen", "publish"};
      for (const char* tool : kLife) {
        if (!stopping_) call(tool, id, client);
      }
    }
  }
  void call(const std::string& tool, const std::string& id, int client) {
    gateway::Request request;
    request.name = tool;
    request.args_json = base::json::canonical(base::json::object{{"id", id}});
    request.client = "client-" + std::to_string(client);
    const auto outcome = host_->run(std::move(request));
    ++calls_;
    const bool refused = tool == "reopen";
    const bool fine = outcome.kind == gateway::Outcome::Kind::kReply &&
                      outcome.status == (refused ? GW_REFUSED : GW_OK) &&
                      (tool != "publish" || contains(outcome.body, "true"));
    if (fine) return;
    const std::lock_guard lock(mutex_);
    failures_ += tool + ": " + outcome.body + outcome.message + "\n";
  }

  std::unique_ptr<gateway::Host>& host_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> calls_{0};
  std::atomic<int> tasks_{0};
  mutable std::mutex mutex_;
  std::string failures_;
};

struct HostRig {
  TempDir temp;
  gateway::HostOptions options;
  gateway::CanaryPolicy policy;
  std::unique_ptr<gateway::Host> host;
  Traffic traffic{host};
  std::vector<gateway::Mark> marks;
  std::vector<gateway::HistoryEntry> history;

  HostRig() {
    options.node = {"n1", true};
    options.plugin = "trial";
    options.config_json = R"({"maxNotices":3})";
    options.prover = PROVER;
    options.prove_timeout = std::chrono::milliseconds(20'000);
    options.watch_every = std::chrono::milliseconds(50);
    options.watch_quiet = std::chrono::milliseconds(20);
    options.sweep = false;
    policy.min_samples = 200;
    policy.stage_ms = 200;
    policy.soak_ms = 200;
    policy.timeout_ms = 120'000;  // a slow machine must not make it inconclusive
  }
  ~HostRig() { traffic.stop(); }

  // Puts a library at the configured path, by rename.
  void publish(const std::string& name) {
    const std::string directory = temp / "lib";
    std::filesystem::create_directories(directory);
    REQUIRE(::chmod(directory.c_str(), 0755) == 0);
    options.library = directory + "/trial.so";
    std::filesystem::copy_file(trial(name), options.library + ".new");
    REQUIRE(::chmod((options.library + ".new").c_str(), 0755) == 0);
    std::filesystem::rename(options.library + ".new", options.library);
  }

  // Opens the host; without a configured file the active trial plugin is swapped in by command.
  void open() {
    auto state = gateway::StateDir::acquire(temp / "state");
    REQUIRE_MESSAGE(state.ok(), state.error().message);
    gateway::SqliteOptions sqlite;
    sqlite.path = state->path() + "/store.db";
    auto engine = gateway::SqliteEngine::open(sqlite);
    REQUIRE_MESSAGE(engine.ok(), engine.error().message);
    auto made = gateway::Host::open(options, std::move(*state), std::move(*engine));
    REQUIRE_MESSAGE(made.ok(), made.error().message);
    host = std::move(*made);
    if (host->active()) return;
    const auto swapped = host->swap(trial("active"));
    REQUIRE_MESSAGE(swapped.ok(), swapped.error().message);
  }
  void reopen() {
    host.reset();
    open();
  }

  gateway::Result<gateway::CanaryStatus> start(const std::string& name,
                                               gateway::CanaryStage stage) {
    policy.from_stage = stage;
    return host->start_canary(trial(name), policy);
  }
  bool ended() const {
    const auto now = host->canary();
    return now && !now->running;
  }
  // Runs a canary to its end.
  gateway::CanaryStatus canary(const std::string& name, gateway::CanaryStage stage) {
    const auto started = start(name, stage);
    REQUIRE_MESSAGE(started.ok(), started.error().message);
    REQUIRE(wait_until([&] { return ended(); }, std::chrono::seconds(240)));
    return *host->canary();
  }

  std::string active() const { return host->active()->release().version; }
  const gateway::Mark* mark(const std::string& sha256) {
    marks = host->marks();
    for (const auto& mark : marks) {
      if (mark.release.sha256 == sha256) return &mark;
    }
    return nullptr;
  }
  // The newest decision with this verdict, or with this event.
  const gateway::HistoryEntry* entry(const std::string& verdict) {
    history = host->history();
    for (const auto& entry : history) {
      if (entry.verdict == verdict) return &entry;
    }
    return nullptr;
  }
  const gateway::HistoryEntry* latest(const std::string& event) {
    history = host->history();
    for (const auto& entry : history) {
      if (entry.event == event) return &entry;
    }
    return nullptr;
  }
  void call(const std::string& tool, const std::string& id) {
    gateway::Request request;
    request.name = tool;
    request.args_json = base::json::canonical(base::json::object{{"id", id}});
    REQUIRE(host->run(std::move(request)).kind == gateway::Outcome::Kind::kReply);
  }
};

}  // namespace test
