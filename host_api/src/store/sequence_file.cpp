#include "store/sequence_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "store/crc32c.hpp"

namespace gateway {

namespace {

constexpr std::string_view kMagic = "gateway-seq 1 ";
constexpr std::size_t kIdSize = 32;
constexpr std::size_t kDigits = 20;
constexpr std::size_t kBodySize = kMagic.size() + kIdSize + 1 + kDigits;
constexpr std::size_t kLineSize = kBodySize + 1 + 8 + 1;

std::string line_of(const SequenceRecord& record) {
  const std::string body = fmt::format("{}{} {:020}", kMagic, record.store_id, record.sequence);
  return fmt::format("{} {:08x}\n", body, crc32c(body));
}

StoreError damaged(const std::string& path) {
  return {GW_CORRUPT, path +
                          " is damaged: expected one line with the store's id and its last commit\n"
                          "  restore the newest backup: openclaw storage restore FILE"};
}

StoreResult<void> write_at_start(const FileHandle& file, const std::string& path,
                                 const std::string& line) {
  ssize_t written = 0;
  do {
    written = ::pwrite(file.get(), line.data(), line.size(), 0);
  } while (written < 0 && errno == EINTR);
  if (written < 0) return file_error("write", path, errno);
  if (static_cast<std::size_t>(written) != line.size()) return file_error("write", path, ENOSPC);
  return {};
}

}  // namespace

StoreResult<std::optional<SequenceRecord>> SequenceFile::read(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return std::optional<SequenceRecord>();
  if (fd < 0) return file_error("open", path, errno);
  const FileHandle file(fd);
  std::string line(kLineSize + 1, '\0');
  const ssize_t size = ::pread(file.get(), line.data(), line.size(), 0);
  if (size < 0) return file_error("read", path, errno);
  line.resize(static_cast<std::size_t>(size));
  if (line.size() != kLineSize || !line.starts_with(kMagic)) return damaged(path);

  SequenceRecord record;
  record.store_id = line.substr(kMagic.size(), kIdSize);
  const char* digits = line.data() + kBodySize - kDigits;
  const auto parsed = std::from_chars(digits, digits + kDigits, record.sequence);
  if (parsed.ec != std::errc() || line != line_of(record)) return damaged(path);
  return std::optional(record);
}

StoreResult<void> SequenceFile::create(const std::string& path, const SequenceRecord& record) {
  const std::string temporary = path + ".new";
  {
    const auto file = open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file) return file.error();
    if (auto written = write_at_start(*file, temporary, line_of(record)); !written) return written;
    if (auto synced = sync_file(*file, temporary); !synced) return synced;
  }
  if (auto renamed = rename_file(temporary, path); !renamed) return renamed;
  return sync_directory_of(path);
}

StoreResult<SequenceFile> SequenceFile::open(const std::string& path) {
  auto file = open_file(path, O_WRONLY);
  if (!file) return file.error();
  return SequenceFile(path, std::move(*file));
}

StoreResult<void> SequenceFile::store(const SequenceRecord& record) {
  return write_at_start(file_, path_, line_of(record));
}

}  // namespace gateway
