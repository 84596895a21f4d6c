// A file that goes with its owner.
#pragma once

#include <unistd.h>

#include <string>
#include <utility>

namespace gateway {

// Removes the file at `path` when it is destroyed; moving the file elsewhere takes it away from
// this.
class OwnedFile {
 public:
  explicit OwnedFile(std::string path) : path_(std::move(path)) {}
  ~OwnedFile() { ::unlink(path_.c_str()); }
  OwnedFile(const OwnedFile&) = delete;
  OwnedFile& operator=(const OwnedFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace gateway
