// A gateway on a real disk, as an operator has it: a state directory, a published library, two
// versions of the plugin.
#pragma once

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/host.hpp"
#include "gateway/sqlite_engine.hpp"
#include "host/files.hpp"
#include "host/options.hpp"
#include "support/process.hpp"

namespace test {

namespace fs = std::filesystem;

inline const std::string kEcho10 = ECHO_1_0_0;
inline const std::string kEcho11 = ECHO_1_1_0;

inline std::string variant(const std::string& name) { return VARIANTS "/" + name + ".so"; }
inline std::string bad_plugin(const std::string& name) { return BAD_PLUGINS "/" + name + ".so"; }

inline void make_dir(const std::string& path) {
  fs::create_directories(path);
  REQUIRE(::chmod(path.c_str(), 0755) == 0);
}

// Copies a library over `to`, in place, as `cp` does. `tail` makes other bytes of the same build:
// what follows a library's sections means nothing.
inline void copy_over(const std::string& from, const std::string& to,
                      const std::string& tail = "") {
  write_text(to, read_text(from) + tail);
  REQUIRE(::chmod(to.c_str(), 0755) == 0);
}

// Puts a library at `to` by rename, as an installer does.
inline void rename_over(const std::string& from, const std::string& to,
                        const std::string& tail = "") {
  copy_over(from, to + ".new", tail);
  fs::rename(to + ".new", to);
}

inline std::vector<std::string> files_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

// Images of private copies of plugins that this process has mapped.
inline std::size_t mapped_plugins(const std::string& root) {
  std::ifstream maps("/proc/self/maps");
  std::vector<std::string> paths;
  for (std::string line; std::getline(maps, line);) {
    const auto at = line.find(root + "/loaded/");
    if (at != std::string::npos) paths.push_back(line.substr(at));
  }
  std::sort(paths.begin(), paths.end());
  return static_cast<std::size_t>(std::unique(paths.begin(), paths.end()) - paths.begin());
}

inline std::unique_ptr<gateway::Host> open_host(const gateway::HostOptions& options,
                                                const std::string& directory) {
  auto state = gateway::StateDir::acquire(directory + "/state");
  REQUIRE_MESSAGE(state.ok(), state.error().message);
  gateway::SqliteOptions sqlite;
  sqlite.path = state->path() + "/store.db";
  auto engine = gateway::SqliteEngine::open(sqlite);
  REQUIRE_MESSAGE(engine.ok(), engine.error().message);
  auto host = gateway::Host::open(options, std::move(*state), std::move(*engine));
  REQUIRE_MESSAGE(host.ok(), host.error().message);
  return std::move(*host);
}

struct Rig {
  explicit Rig(const std::string& plugin = "echo") : options(host_options(temp.path(), plugin)) {
    make_dir(temp / "lib");
    options.log = [this](std::uint32_t, std::string_view, std::string_view text) {
      const std::lock_guard lock(log_mutex);
      log.emplace_back(text);
    };
  }
  ~Rig() { host.reset(); }

  const std::string& library() const { return options.library; }
  std::string root() const { return temp / ("state/plugins/" + options.plugin); }

  void open() { host = open_host(options, temp.path()); }
  void reopen() {
    host.reset();
    open();
  }
  // With `library` published and active.
  void open_with(const std::string& from) {
    rename_over(from, library());
    open();
    REQUIRE(host->status().state == "active");
  }

  std::string state() const { return host->status().state; }
  std::string active() const {
    const auto lease = host->active();
    return lease ? lease->release().version : std::string("none");
  }
  bool becomes_active(const std::string& version) {
    return wait_until([&] {
      const auto status = host->status();
      return active() == version && status.active && status.active->release.version == version;
    });
  }
  bool becomes(const std::string& state) {
    return wait_until([&] { return host->status().state == state; });
  }

  // The reply of a tool; fails the test when there is none.
  std::string call(const std::string& tool, const std::string& args = "{}") {
    gateway::Request request;
    request.name = tool;
    request.args_json = args;
    request.client = "test";
    const auto outcome = host->run(std::move(request));
    REQUIRE_MESSAGE(outcome.kind == gateway::Outcome::Kind::kReply, outcome.message);
    return outcome.body;
  }
  bool answers(const std::string& version) {
    return call("echo_read").find("\"version\":\"" + version + "\"") != std::string::npos;
  }

  std::vector<std::string> events() const {
    std::vector<std::string> out;
    for (const auto& entry : host->history()) out.push_back(entry.event);
    return out;
  }

  TempDir temp;
  std::mutex log_mutex;
  std::vector<std::string> log;
  gateway::HostOptions options;
  std::unique_ptr<gateway::Host> host;
};

// The host's own note of the highest data format written; "" when there is none.
inline std::string format_in(gateway::Engine& engine) {
  auto snapshot = engine.snapshot();
  REQUIRE(snapshot.ok());
  const std::string_view key("\0host/format", 12);
  auto rows = (*snapshot)->get({&key, 1});
  REQUIRE(rows.ok());
  return rows->front().value.value_or("");
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace test
