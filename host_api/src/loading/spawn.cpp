#include "loading/spawn.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

namespace gateway {
namespace {

Error trouble(std::string_view verb, std::string_view what, int error_number) {
  return {"prover_error", fmt::format("cannot {} {}: {}", verb, what, std::strerror(error_number))};
}

struct Channel {
  UniqueFd ours;
  UniqueFd theirs;
};

// Above the standard descriptors, which the child's ends are going to replace.
Result<UniqueFd> lifted(UniqueFd fd) {
  if (fd.get() > STDERR_FILENO) return fd;
  UniqueFd higher(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!higher) return trouble("duplicate", "a descriptor", errno);
  return higher;
}

Result<Channel> open_channel() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return trouble("open", "a channel to the prover", errno);
  }
  UniqueFd first(ends[0]);
  UniqueFd second(ends[1]);
  auto ours = lifted(std::move(first));
  if (!ours.ok()) return ours.error();
  auto theirs = lifted(std::move(second));
  if (!theirs.ok()) return theirs.error();
  return Channel{std::move(*ours), std::move(*theirs)};
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

struct Channels {
  Channel in, out, err;
};

Result<pid_t> spawn(const std::vector<std::string>& command,
                    const std::vector<std::string>& environment, const Channels& channels) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, channels.in.theirs.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, channels.out.theirs.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, channels.err.theirs.get(), STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, command[0].c_str(), &actions, &attributes,
                                   pointers(command).data(), pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return trouble("start", command[0], failed);
  return pid;
}

}  // namespace

Result<SpawnedChild> spawn_child(const std::vector<std::string>& command,
                                 const std::vector<std::string>& environment) {
  Channels channels;
  for (Channel* channel : {&channels.in, &channels.out, &channels.err}) {
    auto opened = open_channel();
    if (!opened.ok()) return opened.error();
    *channel = std::move(*opened);
  }
  const auto pid = spawn(command, environment, channels);
  if (!pid.ok()) return pid.error();
  return SpawnedChild{*pid, std::move(channels.in.ours), std::move(channels.out.ours),
                      std::move(channels.err.ours)};
}

bool kill_and_reap(pid_t pid, int& status) {
  ::kill(-pid, SIGKILL);
  ::kill(pid, SIGKILL);  // should the group not be made yet
  return reap(pid, status);
}

bool reap(pid_t pid, int& status) {
  // The group outlives its leader when the library has forked; the pid is ours until it is reaped.
  ::kill(-pid, SIGKILL);
  pid_t got = -1;
  do {
    got = ::waitpid(pid, &status, 0);
  } while (got < 0 && errno == EINTR);
  return got == pid;
}

}  // namespace gateway
