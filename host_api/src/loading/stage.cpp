#include "loading/stage.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "host/durable_files.hpp"
#include "host/unique_fd.hpp"
#include "loading/safe_path.hpp"
#include "loading/sha256.hpp"

namespace gateway {
namespace {

constexpr std::uint64_t kMaxLibrary = 512u << 20;
constexpr std::size_t kChunk = 256u << 10;

FileStamp stamp_of(const struct stat& st) {
  return {st.st_dev, st.st_ino, static_cast<std::uint64_t>(st.st_size),
          std::int64_t{st.st_ctim.tv_sec} * 1'000'000'000 + st.st_ctim.tv_nsec};
}

Result<FileStamp> stamp_fd(const UniqueFd& fd, const std::string& path) {
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) return io_error("look at", path, errno);
  return stamp_of(st);
}

// The copy in the making; removed unless it is kept.
class Copy {
 public:
  static Result<Copy> create(const std::string& directory) {
    std::string path = directory + "/.staged-XXXXXX";
    UniqueFd fd(::mkostemp(path.data(), O_CLOEXEC));
    if (!fd) return io_error("make a copy in", directory, errno);
    return Copy(std::move(path), std::move(fd));
  }

  Copy(Copy&& other) noexcept : path_(std::move(other.path_)), fd_(std::move(other.fd_)) {
    other.path_.clear();
  }
  ~Copy() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  Result<void> write(const char* data, std::size_t size) {
    while (size > 0) {
      const ssize_t n = ::write(fd_.get(), data, size);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return io_error("write", path_, errno);
      data += n;
      size -= static_cast<std::size_t>(n);
    }
    return {};
  }

  // Makes it readable and executable by its owner alone, and durable.
  Result<std::string> keep() {
    if (::fchmod(fd_.get(), 0500) != 0) return io_error("set the mode of", path_, errno);
    if (::fsync(fd_.get()) != 0) return io_error("sync", path_, errno);
    return std::exchange(path_, {});
  }

 private:
  Copy(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  UniqueFd fd_;
};

// Copies all of `source` and returns its SHA-256.
Result<std::string> copy_hashed(const OpenedFile& source, Copy& copy) {
  Sha256 sum;
  std::uint64_t total = 0;
  std::vector<char> chunk(kChunk);
  for (;;) {
    const ssize_t n = ::read(source.fd.get(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("read", source.path, errno);
    if (n == 0) return sum.hex();
    const auto size = static_cast<std::size_t>(n);
    total += size;
    if (total > kMaxLibrary) {
      return Error{"too_large", fmt::format("{} is larger than {} MiB\n"
                                            "  expected a plugin's library; strip its debug "
                                            "information (strip -g)",
                                            source.path, kMaxLibrary >> 20)};
    }
    sum.add(chunk.data(), size);
    if (auto written = copy.write(chunk.data(), size); !written.ok()) return written.error();
  }
}

}  // namespace

Result<FileStamp> stamp_file(const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) == 0) return stamp_of(st);
  if (errno == ENOENT || errno == ENOTDIR) {
    return Error{"not_found", fmt::format("there is no file {}", path)};
  }
  return io_error("look at", path, errno);
}

Result<StagedFile> stage_file(const std::string& source, const std::string& directory) {
  auto opened = open_trusted(source);
  if (!opened.ok()) return opened.error();
  const auto before = stamp_fd(opened->fd, opened->path);
  if (!before.ok()) return before.error();

  auto copy = Copy::create(directory);
  if (!copy.ok()) return copy.error();
  auto sha256 = copy_hashed(*opened, *copy);
  if (!sha256.ok()) return sha256.error();

  const auto after = stamp_fd(opened->fd, opened->path);
  if (!after.ok()) return after.error();
  if (*before != *after) {
    return Error{"file_busy", fmt::format("{} changed while it was copied\n"
                                          "  it is still being written: wait until that is "
                                          "done, then try again",
                                          opened->path)};
  }
  auto kept = copy->keep();
  if (!kept.ok()) return kept.error();
  return StagedFile{std::move(*kept), std::move(*sha256), *after};
}

}  // namespace gateway
