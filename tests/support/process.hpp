// Child processes for tests: start, signal, wait, look at.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/temp_dir.hpp"

extern char** environ;

namespace test {

using std::chrono::milliseconds;

// How much slower than an optimised one this build may be.
#ifndef TEST_PATIENCE
#define TEST_PATIENCE 1
#endif

// Polls until `condition` holds; false when it still does not after `limit`. The limit only bounds a failing test.
inline bool wait_until(const std::function<bool()>& condition,
                       milliseconds limit = milliseconds(30'000)) {
  const auto end = std::chrono::steady_clock::now() + TEST_PATIENCE * limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return true;
}

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

struct ProcessOptions {
  std::vector<std::string> argv;           // argv[0] is a path
  std::map<std::string, std::string> env;  // set or, with an empty value, removed
  std::string stdout_file = "/dev/null";
  std::string stderr_file;  // empty: the test's own
};

// A running child; killed and reaped when it goes out of scope.
class Process {
 public:
  explicit Process(const ProcessOptions& options) {
    std::map<std::string, std::string> env;
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string text = *entry;
      const auto equals = text.find('=');
      env[text.substr(0, equals)] = equals == std::string::npos ? "" : text.substr(equals + 1);
    }
    for (const auto& [name, value] : options.env) {
      if (value.empty()) {
        env.erase(name);
      } else {
        env[name] = value;
      }
    }
    std::vector<std::string> env_texts;
    for (const auto& [name, value] : env) env_texts.push_back(name + "=" + value);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, options.stdout_file.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (!options.stderr_file.empty()) {
      posix_spawn_file_actions_addopen(&actions, 2, options.stderr_file.c_str(),
                                       O_WRONLY | O_CREAT | O_APPEND, 0600);
    }
    auto argv = pointers(options.argv);
    auto envp = pointers(env_texts);
    const int error = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), envp.data());
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
      throw std::runtime_error("cannot start " + options.argv[0] + ": " + std::strerror(error));
    }
  }
  ~Process() {
    if (!status_) {
      ::kill(pid_, SIGKILL);
      ::kill(pid_, SIGCONT);
      wait_for_end();
    }
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const {
    if (!status_) ::kill(pid_, number);
  }
  bool running() { return !poll_status(); }

  // The exit status (128 + signal when it was killed), or nothing when it still runs after `limit`.
  std::optional<int> wait(milliseconds limit = milliseconds(60'000)) {
    wait_until([this] { return poll_status(); }, limit);
    return status_;
  }

  // kill -9, and gone when this returns.
  void kill_now() {
    signal(SIGKILL);
    wait_for_end();
  }

 private:
  static std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
    out.push_back(nullptr);
    return out;
  }
  void keep(int raw) { status_ = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw); }
  bool poll_status() {
    int raw = 0;
    if (!status_ && waitpid(pid_, &raw, WNOHANG) == pid_) keep(raw);
    return status_.has_value();
  }
  void wait_for_end() {
    int raw = 0;
    while (!status_) {
      if (waitpid(pid_, &raw, 0) == pid_) {
        keep(raw);
      } else if (errno != EINTR) {
        status_ = -1;
      }
    }
  }

  pid_t pid_ = -1;
  std::optional<int> status_;
};

struct RunResult {
  int status = -1;  // -1: still running after the limit, and killed
  std::string out;
  std::string err;
};

// Runs a program to its end.
inline RunResult run(std::vector<std::string> argv, std::map<std::string, std::string> env = {},
                     milliseconds limit = milliseconds(60'000)) {
  TempDir dir;
  Process process({std::move(argv), std::move(env), dir / "out", dir / "err"});
  const auto status = process.wait(limit);
  return {status.value_or(-1), read_file(dir / "out"), read_file(dir / "err")};
}

// Resident memory of a process in KiB; 0 when it is gone.
inline long rss_kib(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("VmRSS:", 0) == 0) return std::atol(line.c_str() + 6);
  }
  return 0;
}

}  // namespace test
