// The directory a gateway keeps its state in, held by one process.
#pragma once

#include <string>

#include "gateway/error.hpp"

namespace gateway {

// Owns an exclusive flock on `<path>/lock` for its lifetime; SQLite has one writing process, or
// none. The file holds the holder's pid and start time for the message that a second process
// prints. The kernel drops the lock when the holder dies.
// Thread rule: none; move it to its owner.
class StateDir {
 public:
  // Makes the directory (0700) when missing and takes the lock.
  // Errors: state_dir_busy (names the holder's pid), state_dir (not a directory, not ours, readable
  // by others and the chmod to run).
  static Result<StateDir> acquire(const std::string& path);

  StateDir(StateDir&& other) noexcept;
  StateDir& operator=(StateDir&& other) noexcept;
  ~StateDir();

  const std::string& path() const { return path_; }

 private:
  StateDir(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  std::string path_;
  int fd_ = -1;
};

}  // namespace gateway
