#include "loading/child_process.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "loading/spawn.hpp"

namespace gateway {
namespace {

using Clock = std::chrono::steady_clock;

Error trouble(std::string_view verb, std::string_view what, int error_number) {
  return {"prover_error", fmt::format("cannot {} {}: {}", verb, what, std::strerror(error_number))};
}

// The child that runs: fed, listened to, and gone when this object is.
class Child {
 public:
  Child(const ChildOptions& options, SpawnedChild child)
      : options_(options),
        pid_(child.pid),
        deadline_(Clock::now() + options.timeout),
        in_(std::move(child.in)),
        out_(std::move(child.out)),
        err_(std::move(child.err)) {}

  ~Child() {
    if (!reaped_) end_it();
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
    hear_last_words();
    int status = 0;
    reaped_ = true;
    if (!reap(pid_, status)) return trouble("get the exit status of", options_.command[0], ECHILD);
    const bool signalled = WIFSIGNALED(status);
    result_.end = signalled ? ChildResult::End::kSignalled : ChildResult::End::kExited;
    result_.code = signalled ? WTERMSIG(status) : WEXITSTATUS(status);
    return std::move(result_);
  }

  Result<ChildResult> end_by_force(ChildResult::End end) {
    end_it();
    hear_last_words();
    result_.end = end;
    return std::move(result_);
  }

  // Bounded, because a grandchild could go on writing for ever.
  void hear_last_words() {
    constexpr int kMaxReads = 64;
    for (int i = 0; i < kMaxReads && err_ && listen(err_, result_.error_tail); ++i) trim();
  }

  void end_it() {
    int status = 0;
    reaped_ = true;
    kill_and_reap(pid_, status);
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
  auto child = spawn_child(options.command, options.environment);
  if (!child.ok()) return child.error();
  return Child(options, std::move(*child)).run();
}

}  // namespace gateway
