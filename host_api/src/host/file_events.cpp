#include "host/file_events.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <system_error>

namespace gateway {
namespace fs = std::filesystem;

namespace {

constexpr int kMaxLinks = 40;  // as the kernel
constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | IN_ONLYDIR;

std::deque<fs::path> names_of(const fs::path& path) {
  std::deque<fs::path> names;
  for (const fs::path& name : path.relative_path()) {
    if (!name.empty() && name != ".") names.push_back(name);
  }
  return names;
}

void drain(int fd) {
  char buffer[4096];
  while (::read(fd, buffer, sizeof buffer) > 0) {
  }
}

}  // namespace

std::vector<std::string> directories_of_change(const std::string& path) {
  std::error_code error;
  std::vector<std::string> directories;
  const auto add = [&](const fs::path& directory) {
    const std::string name = directory.string();
    if (std::find(directories.begin(), directories.end(), name) == directories.end()) {
      directories.push_back(name);
    }
  };
  std::deque<fs::path> rest = names_of(fs::absolute(path, error));
  fs::path at = "/";
  int links = 0;
  while (!rest.empty()) {
    const fs::path name = rest.front();
    rest.pop_front();
    if (name == "..") {
      at = at.parent_path();
      continue;
    }
    const fs::path here = at / name;
    const auto status = fs::symlink_status(here, error);
    if (fs::is_symlink(status)) {
      add(at);
      const fs::path target = fs::read_symlink(here, error);
      if (error || ++links > kMaxLinks) return directories;
      if (target.is_absolute()) at = "/";
      const auto names = names_of(target);
      rest.insert(rest.begin(), names.begin(), names.end());
    } else if (!fs::exists(status) || rest.empty()) {
      add(at);
      return directories;
    } else {
      at = here;
    }
  }
  return directories;
}

FileEvents::FileEvents()
    : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

void FileEvents::watch(const std::string& path) {
  if (!inotify_) return;
  std::set<int> wanted;
  for (const std::string& directory : directories_of_change(path)) {
    // The same directory gets the same number again; another one of that name gets a new number.
    const int number = ::inotify_add_watch(inotify_.get(), directory.c_str(), kEvents);
    if (number >= 0) wanted.insert(number);
  }
  for (const int number : watches_) {
    if (wanted.count(number) == 0) ::inotify_rm_watch(inotify_.get(), number);
  }
  watches_ = std::move(wanted);
}

void FileEvents::wait(std::chrono::milliseconds timeout) {
  // A negative descriptor is ignored by poll.
  pollfd fds[] = {{wake_.get(), POLLIN, 0}, {inotify_.get(), POLLIN, 0}};
  ::poll(fds, 2, static_cast<int>(std::clamp<std::int64_t>(timeout.count(), 0, 3'600'000)));
  drain(wake_.get());
  drain(inotify_.get());
}

void FileEvents::wake() {
  const std::uint64_t one = 1;
  // Fails only when the counter is full: then the waiter is awake anyway.
  [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
}

}  // namespace gateway
