#include "store/posix_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace gateway {

FileHandle::~FileHandle() {
  if (fd_ >= 0) ::close(fd_);
}

StoreError file_error(std::string_view doing, const std::string& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  return {full ? GW_NO_SPACE : GW_UNAVAILABLE, "cannot " + std::string(doing) + " " + path + ": " +
                                                   std::generic_category().message(error)};
}

StoreResult<FileHandle> open_file(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (fd < 0) return file_error("open", path, errno);
  return FileHandle(fd);
}

std::optional<std::uint64_t> size_of_file(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(info.st_size);
}

StoreResult<void> sync_file(const FileHandle& file, const std::string& path) {
  if (::fsync(file.get()) != 0) return file_error("sync", path, errno);
  return {};
}

StoreResult<void> sync_path(const std::string& path) {
  const auto file = open_file(path, O_RDONLY);
  if (!file) return file.error();
  return sync_file(*file, path);
}

StoreResult<void> sync_directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const auto file = open_file(directory, O_RDONLY | O_DIRECTORY);
  if (!file) return file.error();
  return sync_file(*file, directory);
}

StoreResult<void> rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return file_error("move " + from + " to", to, errno);
  return {};
}

StoreResult<void> rename_new(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno == EEXIST) return StoreError{GW_INVALID, to + " exists already: name a new file"};
  if (errno != EINVAL) return file_error("move " + from + " to", to, errno);
  // A file system without RENAME_NOREPLACE: a hard link is refused the same way.
  if (::link(from.c_str(), to.c_str()) != 0) return file_error("link", to, errno);
  return remove_file(from);
}

StoreResult<void> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return file_error("remove", path, errno);
  return {};
}

bool same_file(const std::string& a, const std::string& b) {
  struct stat first {};
  struct stat second {};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace gateway
