// The few file operations of the store that SQLite does not do.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/engine.hpp"

namespace gateway {

// Owns a descriptor.
class FileHandle {
 public:
  FileHandle() = default;
  explicit FileHandle(int fd) : fd_(fd) {}
  FileHandle(FileHandle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileHandle();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// GW_NO_SPACE for ENOSPC and EDQUOT, else GW_UNAVAILABLE: "cannot <doing> <path>: <errno text>".
StoreError file_error(std::string_view doing, const std::string& path, int error);

// Opens `path` close-on-exec; a created file gets mode 0600.
StoreResult<FileHandle> open_file(const std::string& path, int flags);

// The size in bytes; nothing when there is no such file.
std::optional<std::uint64_t> size_of_file(const std::string& path);

StoreResult<void> sync_file(const FileHandle& file, const std::string& path);
StoreResult<void> sync_path(const std::string& path);          // the file's bytes
StoreResult<void> sync_directory_of(const std::string& path);  // names made, moved or removed in it

StoreResult<void> rename_file(const std::string& from, const std::string& to);

// As rename_file, but never over an existing file: GW_INVALID then.
StoreResult<void> rename_new(const std::string& from, const std::string& to);

// A missing file is fine.
StoreResult<void> remove_file(const std::string& path);

// Do both names lead to one file? No when either is missing.
bool same_file(const std::string& a, const std::string& b);

}  // namespace gateway
