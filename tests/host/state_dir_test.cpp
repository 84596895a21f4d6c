#include "gateway/state_dir.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

#include <filesystem>

#include "host/files.hpp"

using gateway::StateDir;
using test::TempDir;

TEST_CASE("a missing state directory is made, for its owner alone") {
  const TempDir temp;
  const auto held = StateDir::acquire(temp / "a/b/state");
  REQUIRE(held.ok());
  CHECK(held->path() == temp / "a/b/state");
  CHECK(test::mode_of(temp / "a/b/state") == 0700);
  CHECK(test::mode_of(temp / "a/b/state/lock") == 0600);
}

TEST_CASE("a second gateway on one state directory is told who holds it") {
  const TempDir temp;
  const auto first = StateDir::acquire(temp / "state");
  REQUIRE(first.ok());
  const auto second = StateDir::acquire(temp / "state");
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code == "state_dir_busy");
  CHECK(second.error().message.find("process " + std::to_string(::getpid()) + " since ") !=
        std::string::npos);
}

TEST_CASE("the state directory is free again once its holder is gone") {
  const TempDir temp;
  {
    const auto first = StateDir::acquire(temp / "state");
    REQUIRE(first.ok());
  }
  CHECK(StateDir::acquire(temp / "state").ok());
}

TEST_CASE("a holder that was killed leaves no lock behind") {
  const TempDir temp;
  int held[2];
  REQUIRE(::pipe(held) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto lock = StateDir::acquire(temp / "state");
    const char mark = lock.ok() ? 'y' : 'n';
    if (::write(held[1], &mark, 1) == 1) ::pause();
    ::_exit(1);
  }
  char mark = 0;
  REQUIRE(::read(held[0], &mark, 1) == 1);
  REQUIRE(mark == 'y');
  const auto busy = StateDir::acquire(temp / "state");
  REQUIRE_FALSE(busy.ok());
  CHECK(busy.error().message.find("process " + std::to_string(child)) != std::string::npos);
  REQUIRE(::kill(child, SIGKILL) == 0);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(StateDir::acquire(temp / "state").ok());
  ::close(held[0]);
  ::close(held[1]);
}

TEST_CASE("moving the holder keeps the lock, and its last owner drops it") {
  const TempDir temp;
  auto first = StateDir::acquire(temp / "state");
  REQUIRE(first.ok());
  std::optional<StateDir> owner(std::move(*first));
  CHECK(StateDir::acquire(temp / "state").error().code == "state_dir_busy");
  owner.reset();
  CHECK(StateDir::acquire(temp / "state").ok());
}

TEST_CASE("a state directory that others can read is refused with the chmod to run") {
  const TempDir temp;
  REQUIRE(::mkdir((temp / "state").c_str(), 0700) == 0);
  REQUIRE(::chmod((temp / "state").c_str(), 0755) == 0);
  const auto refused = StateDir::acquire(temp / "state");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == "state_dir");
  CHECK(refused.error().message.find("chmod 700 " + (temp / "state")) != std::string::npos);
}

TEST_CASE("a file is no state directory") {
  const TempDir temp;
  test::write_text(temp / "state", "");
  const auto refused = StateDir::acquire(temp / "state");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == "state_dir");
}

TEST_CASE("a relative name is made absolute") {
  const TempDir temp;
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(temp.path());
  const auto held = StateDir::acquire("./state/");
  std::filesystem::current_path(here);
  REQUIRE(held.ok());
  CHECK(held->path() == temp / "state");
}
