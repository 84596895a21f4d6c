// Waking up when something happens to a file.
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "host/unique_fd.hpp"

namespace gateway {

// The directories in which a change can make `path` name other bytes: that of the file, and that of
// every symbolic link on the way to it. As far as the path exists; never empty for an absolute
// path.
// Thread rule: any.
std::vector<std::string> directories_of_change(const std::string& path);

// Waits for inotify events, for wake(), or for time to pass. Only ever an early hint: an event may
// be missing (a network file system, no watches left) or mean nothing, so the caller looks for
// itself.
// Thread rule: watch() and wait() on one thread, wake() from any.
class FileEvents {
 public:
  FileEvents();

  // Watches where `path` leads now; to be called again after each wait().
  void watch(const std::string& path);
  void wait(std::chrono::milliseconds timeout);
  void wake();

 private:
  UniqueFd inotify_;
  UniqueFd wake_;
  std::set<int> watches_;
};

}  // namespace gateway
