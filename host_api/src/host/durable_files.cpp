#include "host/durable_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "host/unique_fd.hpp"

namespace gateway {
namespace fs = std::filesystem;

namespace {

int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

Result<void> write_and_sync(const std::string& path, std::string_view text, mode_t mode) {
  const UniqueFd fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd) return io_error("create", path, errno);
  if (const int error = write_all(fd.get(), text); error != 0) {
    return io_error("write", path, error);
  }
  // The mode of open() is cut by the umask.
  if (::fchmod(fd.get(), mode) != 0) return io_error("set the mode of", path, errno);
  if (::fsync(fd.get()) != 0) return io_error("sync", path, errno);
  return {};
}

}  // namespace

Error io_error(std::string_view verb, const std::string& path, int error_number) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT;
  return {
      full ? "no_space" : "io_error",
      fmt::format("cannot {} {}: {}{}", verb, path, std::system_category().message(error_number),
                  full ? "; free some space and try again" : "")};
}

Result<void> sync_directory(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return io_error("open", path, errno);
  if (::fsync(fd.get()) != 0) return io_error("sync", path, errno);
  return {};
}

Result<void> write_durably(const std::string& path, std::string_view text, mode_t mode) {
  const std::string temporary = path + ".tmp";
  auto written = write_and_sync(temporary, text, mode);
  if (written.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) {
    written = io_error("rename over", path, errno);
  }
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  return sync_directory(fs::path(path).parent_path().string());
}

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  // Not blocking: a pipe with nobody at its other end would be waited for.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) {
    return Error{"not_found", fmt::format("there is no file {}", path)};
  }
  const bool socket = !fd && errno == ENXIO;
  if (!fd && !socket) return io_error("open", path, errno);
  struct stat about {};
  if (fd && ::fstat(fd.get(), &about) != 0) return io_error("look at", path, errno);
  if (!S_ISREG(about.st_mode)) {
    return Error{"not_a_file", fmt::format("{}: expected a file, found something else", path)};
  }
  std::string text;
  char buffer[16384];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("read", path, errno);
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > max_bytes) {
      return Error{"too_large", fmt::format("{} is larger than {} bytes", path, max_bytes)};
    }
  }
}

Result<void> make_directory(const std::string& path) {
  const fs::path directory(path);
  std::error_code error;
  if (fs::is_directory(directory, error)) return {};
  if (const fs::path parent = directory.parent_path();
      directory.has_filename() && !parent.empty() && parent != directory) {
    if (auto made = make_directory(parent.string()); !made) return made;
  }
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return io_error("make", path, errno);
  if (!fs::is_directory(directory, error)) return io_error("make", path, ENOTDIR);
  return {};
}

Result<void> remove_tree(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(fs::symlink_status(path, error))) {
    fs::permissions(path, fs::perms::owner_all, error);
    for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
      if (auto removed = remove_tree(it->path().string()); !removed) return removed;
    }
    if (error) return io_error("read", path, error.value());
  }
  fs::remove(path, error);
  if (error) return io_error("remove", path, error.value());
  return {};
}

}  // namespace gateway
