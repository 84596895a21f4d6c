#include "journal/journal_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "host/durable_files.hpp"
#include "store/crc32c.hpp"

namespace gateway::journal {
namespace {

constexpr std::size_t kReadAhead = 256u << 10;

Error not_a_journal(const std::string& path) {
  return {"not_a_journal",
          fmt::format(
              "{}: expected a file of the journal (it begins with \"{}\"), found something else",
              path, kMagic.substr(0, kMagic.size() - 1))};
}

}  // namespace

Result<JournalReader> JournalReader::open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && errno == ENOENT) return Error{"not_found", "there is no file " + path};
  if (!fd) return io_error("read", path, errno);
  struct stat at {};
  if (::fstat(fd.get(), &at) != 0) return io_error("look at", path, errno);
  if (!S_ISREG(at.st_mode)) return not_a_journal(path);
  JournalReader reader(std::move(fd), path, static_cast<std::uint64_t>(at.st_size));
  if (auto read = reader.read_snapshot(); !read) return read.error();
  return reader;
}

// The next `n` bytes; false when there are not so many.
bool JournalReader::take(std::size_t n, std::string& into) {
  into.clear();
  while (into.size() < n) {
    if (used_ == buffer_.size()) {
      buffer_.resize(std::min<std::uint64_t>(kReadAhead, end_ - at_));
      used_ = 0;
      const ssize_t got =
          ::pread(fd_.get(), buffer_.data(), buffer_.size(), static_cast<off_t>(at_));
      buffer_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
      if (buffer_.empty()) return false;
      at_ += buffer_.size();
    }
    const std::size_t part = std::min(n - into.size(), buffer_.size() - used_);
    into.append(buffer_, used_, part);
    used_ += part;
  }
  return true;
}

// False at the end; `torn_` says whether it lies within a frame.
bool JournalReader::next_frame(std::string& payload) {
  std::string head;
  if (!take(kFrameHead, head)) {
    torn_ = torn_ || !head.empty();
    return false;
  }
  std::uint32_t size = 0;
  std::uint32_t checksum = 0;
  std::memcpy(&size, head.data(), sizeof size);
  std::memcpy(&checksum, head.data() + sizeof size, sizeof checksum);
  torn_ = size > kMaxFrame || !take(size, payload) || crc32c(payload) != checksum;
  return !torn_;
}

Result<void> JournalReader::read_snapshot() {
  std::string bytes;
  if (!take(kMagic.size(), bytes) || bytes != kMagic) return not_a_journal(path_);
  const Error incomplete{"no_snapshot",
                         path_ + " ends before its snapshot does: there is nothing to begin from"};
  if (!next_frame(bytes)) return incomplete;
  if (!read_header(bytes, header_)) return not_a_journal(path_);
  while (next_frame(bytes)) {
    if (frame_of(bytes) == Frame::kBegin) return {};
    if (!read_rows(bytes, rows_)) return not_a_journal(path_);
  }
  return incomplete;
}

std::optional<RecordedStep> JournalReader::next() {
  std::string payload;
  RecordedStep step;
  if (torn_ || !next_frame(payload)) return std::nullopt;
  if (read_step(payload, step)) return step;
  torn_ = !read_end(payload, ending_);
  return std::nullopt;
}

}  // namespace gateway::journal
