#include "gateway/state_dir.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <system_error>

#include "host/durable_files.hpp"
#include "host/unique_fd.hpp"

namespace gateway {
namespace {

Error refuse(const std::string& message) { return {"state_dir", message}; }

// The directory must be ours and closed to others: it holds tokens, the store and code that will be
// run.
Result<void> check_directory(const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return refuse(io_error("open", path, errno).message);
  if (!S_ISDIR(st.st_mode)) {
    return refuse(fmt::format("the state directory {} is not a directory; name another one", path));
  }
  if (st.st_uid != ::geteuid()) {
    return refuse(
        fmt::format("the state directory {} belongs to user {}, this process runs as user {}\n"
                    "  run: chown -R {} {}    or name another one",
                    path, st.st_uid, ::geteuid(), ::geteuid(), path));
  }
  if ((st.st_mode & 077) != 0) {
    return refuse(
        fmt::format("the state directory {} is open to other users (mode {:04o}, expected 0700)\n"
                    "  run: chmod 700 {}",
                    path, st.st_mode & 07777, path));
  }
  return {};
}

// "process 4711 since 2024-05-01 10:00:00 UTC", as the holder wrote it into the lock file; it may
// be about to.
std::string holder(const std::string& lock_path) {
  const auto text = read_file(lock_path, 256);
  long pid = 0;
  long long since = 0;
  if (!text || std::sscanf(text->c_str(), "%ld %lld", &pid, &since) != 2) return "another process";
  return fmt::format("process {} since {:%Y-%m-%d %H:%M:%S} UTC", pid,
                     fmt::gmtime(static_cast<std::time_t>(since)));
}

}  // namespace

Result<StateDir> StateDir::acquire(const std::string& path) {
  std::error_code error;
  std::string absolute = std::filesystem::absolute(path, error).lexically_normal().string();
  if (error) return refuse(io_error("resolve", path, error.value()).message);
  while (absolute.size() > 1 && absolute.back() == '/') absolute.pop_back();
  if (auto made = make_directory(absolute); !made) return refuse(made.error().message);
  if (auto checked = check_directory(absolute); !checked) return checked.error();

  const std::string lock_path = absolute + "/lock";
  UniqueFd fd(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return refuse(io_error("open", lock_path, errno).message);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return refuse(io_error("lock", lock_path, errno).message);
    return Error{"state_dir_busy",
                 fmt::format("the state directory {} is held by {}\n"
                             "  stop that gateway, or name another state directory",
                             absolute, holder(lock_path))};
  }
  const std::string mark = fmt::format("{} {}\n", ::getpid(), std::time(nullptr));
  if (::ftruncate(fd.get(), 0) != 0 ||
      ::pwrite(fd.get(), mark.data(), mark.size(), 0) != static_cast<ssize_t>(mark.size())) {
    return refuse(io_error("write", lock_path, errno).message);
  }
  return StateDir(absolute, fd.release());
}

StateDir::StateDir(StateDir&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

StateDir& StateDir::operator=(StateDir&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  return *this;
}

StateDir::~StateDir() {
  if (fd_ >= 0) ::close(fd_);  // drops the lock; the file stays, so that nobody locks a removed one
}

}  // namespace gateway
