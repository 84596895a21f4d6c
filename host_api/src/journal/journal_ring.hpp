// The files of a journal on disk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/error.hpp"
#include "host/unique_fd.hpp"

namespace gateway::journal {

// One file of the ring, by its number.
struct RingEntry {
  std::uint64_t number = 0;
  std::string path;
  std::uint64_t bytes = 0;
};

// The files <directory>/<number>.journal, oldest first; other names are not looked at. A missing directory has none.
std::vector<RingEntry> list_ring(const std::string& directory);

// A file being written. Nothing is synced: what a power cut takes from the end is seen as a torn frame.
// Thread rule: one thread.
class RingFile {
 public:
  RingFile(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  // False: the disk is full or broken, and the file may end in the middle of what was written.
  bool write(std::string_view bytes);

  const std::string& path() const { return path_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  UniqueFd fd_;
  std::string path_;
  std::uint64_t bytes_ = 0;
};

// Keeps the sum of its files within `max_bytes`, and their number within kMaxFiles.
// Thread rule: one thread.
class Ring {
 public:
  static constexpr std::size_t kMaxFiles = 100;

  Ring(std::string directory, std::uint64_t max_bytes)
      : directory_(std::move(directory)), max_bytes_(max_bytes) {}

  // Begins the next file (0600), which is going to have up to `room` bytes: the oldest ones go to make room for it. The
  // directory is made (0700) if need be.
  // Errors: unsafe_path (the directory is open to others), no_space, io_error.
  Result<RingFile> begin(std::uint64_t room);

 private:
  Result<void> prepare_directory() const;

  const std::string directory_;
  const std::uint64_t max_bytes_;
};

}  // namespace gateway::journal
