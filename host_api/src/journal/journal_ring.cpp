#include "journal/journal_ring.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>

#include "host/durable_files.hpp"

namespace gateway::journal {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".journal";

std::optional<std::uint64_t> number_of(const std::string& name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  const char* end = name.data() + (name.size() - kSuffix.size());
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(name.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

}  // namespace

std::vector<RingEntry> list_ring(const std::string& directory) {
  std::vector<RingEntry> found;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    const auto number = number_of(at->path().filename().string());
    std::error_code ignored;
    if (!number || !at->is_regular_file(ignored)) continue;
    const std::uint64_t bytes = at->file_size(ignored);
    found.push_back({*number, at->path().string(), ignored ? 0 : bytes});
  }
  std::sort(found.begin(), found.end(),
            [](const RingEntry& a, const RingEntry& b) { return a.number < b.number; });
  return found;
}

bool RingFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes_ += static_cast<std::uint64_t>(n);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

Result<void> Ring::prepare_directory() const {
  if (auto made = make_directory(directory_); !made) return made;
  struct stat at {};
  if (::stat(directory_.c_str(), &at) != 0) return io_error("look at", directory_, errno);
  if (!S_ISDIR(at.st_mode)) return io_error("use", directory_, ENOTDIR);
  if (at.st_uid != ::geteuid() || (at.st_mode & 077) != 0) {
    return Error{"unsafe_path",
                 fmt::format("{} holds tokens and must be closed to others; found mode {:03o}\n"
                             "  chmod 700 {}",
                             directory_, at.st_mode & 0777, directory_)};
  }
  return {};
}

Result<RingFile> Ring::begin(std::uint64_t room) {
  if (auto prepared = prepare_directory(); !prepared) return prepared.error();
  std::vector<RingEntry> files = list_ring(directory_);
  const std::uint64_t next = files.empty() ? 1 : files.back().number + 1;
  std::uint64_t sum = room;
  for (const RingEntry& file : files) sum += file.bytes;
  std::size_t left = files.size() + 1;
  for (const RingEntry& file : files) {
    if (sum <= max_bytes_ && left <= kMaxFiles) break;
    if (::unlink(file.path.c_str()) != 0 && errno != ENOENT) {
      return io_error("remove", file.path, errno);
    }
    sum -= file.bytes;
    --left;
  }
  const std::string path = fmt::format("{}/{:06}{}", directory_, next, kSuffix);
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return io_error("create", path, errno);
  if (::fchmod(fd.get(), 0600) != 0) return io_error("set the mode of", path, errno);
  return RingFile(std::move(fd), path);
}

}  // namespace gateway::journal
