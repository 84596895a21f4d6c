#include "loading/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "host/unique_fd.hpp"

namespace gateway {
namespace {

using Clock = std::chrono::steady_clock;

Error trouble(std::string_view verb, std::string_view what, int error_number) {
  return {"prover_error", fmt::format("cannot {} {}: {}", verb, what, std::strerror(error_number))};
}

// A socket pair stands in for each pipe: writing to a child that is gone must not raise SIGPIPE in
// the host.
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

Result<pid_t> spawn(const ChildOptions& options, const Channels& channels) {
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
  const int failed =
      ::posix_spawn(&pid, options.command[0].c_str(), &actions, &attributes,
                    pointers(options.command).data(), pointers(options.environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return trouble("start", options.command[0], failed);
  return pid;
}

// The child that runs: fed, listened to, and gone when this object is.
class Child {
 public:
  Child(const ChildOptions& options, pid_t pid, Channels channels)
      : options_(options), pid_(pid), deadline_(Clock::now() + options.timeout) {
    in_ = std::move(channels.in.ours);
    out_ = std::move(channels.out.ours);
    err_ = std::move(channels.err.ours);
  }

  ~Child() {
    if (!reaped_) kill_and_reap();
  }

  Result<ChildResult> run() {
    // Not pidfd_open(): the header of glibc 2.36 forgets its extern "C".
    const UniqueFd exit_fd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    if (!exit_fd) return trouble("watch", options_.command[0], errno);
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline_ - Clock::now() + std::chrono::milliseconds(1));
      if (left.count() <= 0) return end_by_force(ChildResult::End::kTimeout);
      pollfd waits[] = {
          {exit_fd.get(), POLLIN, 0},
          {in_.get(), POLLOUT, 0},  // a negative descriptor is skipped
          {out_.get(), POLLIN, 0},
          {err_.get(), POLLIN, 0},
      };
      const int ready = ::poll(waits, std::size(waits), static_cast<int>(left.count()));
      if (ready < 0 && errno != EINTR) return trouble("watch", options_.command[0], errno);
      if (ready <= 0) continue;
      if (waits[1].revents != 0) feed();
      if (waits[2].revents != 0) listen(out_, result_.output);
      if (waits[3].revents != 0) listen(err_, result_.error_tail);
      trim();
      if (result_.output.size() > options_.max_output) {
        return end_by_force(ChildResult::End::kTooLoud);
      }
      if (waits[0].revents != 0) return end_of_child();
    }
  }

 private:
  void feed() {
    const std::string_view left = std::string_view(options_.input).substr(fed_);
    const ssize_t n =
        left.empty() ? 0 : ::send(in_.get(), left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n > 0) fed_ += static_cast<std::size_t>(n);
    // All told, or nobody listens any more: how it ended says which.
    if (n < 0 || fed_ == options_.input.size()) in_ = UniqueFd();
  }

  // Takes what is there; false when there is no more for now, or ever.
  static bool listen(UniqueFd& from, std::string& into) {
    char buffer[16384];
    const ssize_t n = ::recv(from.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (n > 0) into.append(buffer, static_cast<std::size_t>(n));
    const bool closed = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
    if (closed) from = UniqueFd();
    return n > 0;
  }

  void trim() {
    std::string& tail = result_.error_tail;
    if (tail.size() > options_.max_error_tail) {
      tail.erase(0, tail.size() - options_.max_error_tail);
    }
  }

  // It has ended: what it said before is in the channels; what a grandchild might still say is not
  // waited for.
  Result<ChildResult> end_of_child() {
    while (out_ && result_.output.size() <= options_.max_output && listen(out_, result_.output)) {
    }
    // Bounded, because a grandchild could go on writing for ever.
    constexpr int kMaxReads = 64;
    for (int i = 0; i < kMaxReads && err_ && listen(err_, result_.error_tail); ++i) trim();
    int status = 0;
    if (!reap(status)) return trouble("get the exit status of", options_.command[0], ECHILD);
    const bool signalled = WIFSIGNALED(status);
    result_.end = signalled ? ChildResult::End::kSignalled : ChildResult::End::kExited;
    result_.code = signalled ? WTERMSIG(status) : WEXITSTATUS(status);
    return std::move(result_);
  }

  Result<ChildResult> end_by_force(ChildResult::End end) {
    kill_and_reap();
    while (err_ && listen(err_, result_.error_tail)) trim();
    result_.end = end;
    return std::move(result_);
  }

  void kill_and_reap() {
    int status = 0;
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);  // should the group not be made yet
    reap(status);
  }

  // False when somebody else has taken the status (SIGCHLD is ignored in the host).
  bool reap(int& status) {
    // The group outlives its leader when the library has forked; the pid is ours until it is
    // reaped.
    ::kill(-pid_, SIGKILL);
    pid_t got = -1;
    do {
      got = ::waitpid(pid_, &status, 0);
    } while (got < 0 && errno == EINTR);
    reaped_ = true;
    return got == pid_;
  }

  const ChildOptions& options_;
  const pid_t pid_;
  const Clock::time_point deadline_;
  UniqueFd in_, out_, err_;
  std::size_t fed_ = 0;
  bool reaped_ = false;
  ChildResult result_;
};

}  // namespace

Result<ChildResult> run_child(const ChildOptions& options) {
  Channels channels;
  for (Channel* channel : {&channels.in, &channels.out, &channels.err}) {
    auto opened = open_channel();
    if (!opened.ok()) return opened.error();
    *channel = std::move(*opened);
  }
  const auto pid = spawn(options, channels);
  if (!pid.ok()) return pid.error();
  for (Channel* channel : {&channels.in, &channels.out, &channels.err}) {
    channel->theirs = UniqueFd();
  }
  return Child(options, *pid, std::move(channels)).run();
}

}  // namespace gateway
