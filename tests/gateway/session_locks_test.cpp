// COO-3: session locks whose holder is gone are removed, those of living processes never.
#include "daemon/session_locks.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/temp_dir.hpp"

namespace {

namespace fs = std::filesystem;
using gateway_app::LockCounts;

constexpr std::int64_t kStale = 300;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// A directory of agents with their sessions' locks.
struct Agents {
  test::TempDir dir;
  std::string root = dir / "agents";

  std::string lock(const std::string& where, const std::string& text, std::int64_t age_seconds) {
    const std::string file = root + "/" + where;
    fs::create_directories(fs::path(file).parent_path());
    std::ofstream(file) << text;
    const timespec at{now_ms() / 1'000 - age_seconds, 0};
    const timespec times[] = {at, at};
    REQUIRE(utimensat(AT_FDCWD, file.c_str(), times, 0) == 0);
    return file;
  }
  LockCounts sweep() { return gateway_app::sweep_session_locks(root, kStale, now_ms()); }
};

// The number of a process that has ended and been waited for.
pid_t gone() {
  const pid_t pid = fork();
  if (pid == 0) _exit(0);
  int status = 0;
  waitpid(pid, &status, 0);
  return pid;
}

std::string holder(pid_t pid) { return R"({"pid": )" + std::to_string(pid) + "}"; }

// Field 22 of /proc/self/stat.
std::string own_start() {
  std::ifstream stat("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  return field;
}

}  // namespace

TEST_CASE("COO-3: an old lock of a process that is gone is removed, however it names it") {
  Agents agents;
  const pid_t pid = gone();
  agents.lock("ann/sessions/a.jsonl.lock", holder(pid), kStale + 5);
  agents.lock("ann/sessions/b.jsonl.lock", "pid=" + std::to_string(pid), kStale + 5);
  agents.lock("ann/sessions/c.jsonl.lock", "locked by " + std::to_string(pid), kStale + 5);
  agents.lock("ann/sessions/d.jsonl.lock", "", kStale + 5);  // names nobody: its age decides
  const LockCounts counts = agents.sweep();
  CHECK(counts.found == 4);
  CHECK(counts.removed == 4);
  CHECK(counts.errors == 0);
  CHECK(fs::is_empty(agents.root + "/ann/sessions"));
}

TEST_CASE("COO-3: a living process keeps its lock, however old it is") {
  Agents agents;
  // This process is younger than the file says; only its start, named exactly, shows that the lock is its own.
  const std::string own =
      R"({"pid": )" + std::to_string(getpid()) + R"(, "starttime": )" + own_start() + "}";
  const std::string file = agents.lock("ann/sessions/a.jsonl.lock", own, 86'400);
  // Without a start: locked after this process began. (A lock is stale at 0 s here.)
  agents.lock("ann/sessions/b.jsonl.lock", holder(getpid()), 0);
  const LockCounts counts = gateway_app::sweep_session_locks(agents.root, 0, now_ms() + 1'000);
  CHECK(counts.found == 2);
  CHECK(counts.kept == 2);
  CHECK(fs::exists(file));
}

TEST_CASE("COO-3: a process that only has the same number does not keep the lock") {
  Agents agents;
  const std::string pid = std::to_string(getpid());
  agents.lock("ann/sessions/a.jsonl.lock", R"({"pid":)" + pid + R"(,"starttime":1})", kStale + 5);
  agents.lock("ann/sessions/b.jsonl.lock", holder(getpid()), 30 * 86'400);  // before it started
  CHECK(agents.sweep().removed == 2);
}

TEST_CASE("COO-3: young locks, other files, links and what lies deeper stay") {
  Agents agents;
  const pid_t pid = gone();
  const std::string young = agents.lock("ann/sessions/young.jsonl.lock", holder(pid), kStale - 5);
  const std::string other = agents.lock("ann/sessions/a.jsonl", holder(pid), kStale + 5);
  const std::string deep = agents.lock("1/2/3/4/5/deep.jsonl.lock", holder(pid), kStale + 5);
  const std::string outside = agents.dir / "outside";
  fs::create_directories(outside);
  fs::create_directory_symlink(outside, agents.root + "/link");
  std::ofstream(outside + "/x.jsonl.lock") << holder(pid);
  fs::create_symlink(other, agents.root + "/ann/sessions/link.jsonl.lock");
  const LockCounts counts = gateway_app::sweep_session_locks(agents.root, kStale, now_ms());
  CHECK(counts.found == 1);
  CHECK(counts.kept == 1);
  for (const std::string& file : {young, other, deep, outside + "/x.jsonl.lock"}) {
    CHECK_MESSAGE(fs::exists(file), file);
  }
  CHECK(fs::is_symlink(agents.root + "/ann/sessions/link.jsonl.lock"));
}

TEST_CASE("COO-3: no agents, no locks, no error") {
  Agents agents;
  const LockCounts counts = agents.sweep();
  CHECK(counts.found == 0);
  CHECK(counts.errors == 0);
}
