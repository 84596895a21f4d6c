#include "cli/secret_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace gateway_app {
namespace {

gateway::Error unwritable(const std::string& path) {
  return {"file_unwritable", "cannot write " + path + ": " + std::strerror(errno)};
}

}  // namespace

gateway::Result<SecretFile> SecretFile::open(const std::string& path, Directory missing) {
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  std::error_code ec;
  if (missing == Directory::kMade && !directory.empty() &&
      !std::filesystem::exists(directory, ec)) {
    std::filesystem::create_directories(directory.parent_path(), ec);
    if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return unwritable(path);
  }
  if (std::filesystem::is_directory(path, ec)) {
    errno = EISDIR;
    return unwritable(path);
  }
  std::string temporary = path + ".XXXXXX";
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);  // 0600
  if (fd < 0) return unwritable(path);
  return SecretFile(path, std::move(temporary), fd);
}

SecretFile::SecretFile(std::string path, std::string temporary, int fd)
    : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {}

SecretFile::SecretFile(SecretFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, "")),
      fd_(std::exchange(other.fd_, -1)) {}

SecretFile::~SecretFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

gateway::Result<void> SecretFile::write(std::string_view secret) {
  const std::string line = std::string(secret) + '\n';
  const ssize_t written = ::write(fd_, line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size()) || ::fsync(fd_) != 0 ||
      std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return unwritable(path_);
  }
  temporary_.clear();
  return {};
}

}  // namespace gateway_app
