#include "daemon/audit_archive.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <string_view>
#include <utility>

#include "base/json.hpp"

namespace gateway_app {
namespace {

namespace json = base::json;
using gateway::DeliveryResult;
using Kind = gateway::DeliveryResult::Kind;

DeliveryResult later(const std::string& doing, const std::string& path) {
  return {Kind::kRetryLater, "cannot " + doing + ' ' + path + ": " + std::strerror(errno)};
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

// "2026-02-27T..." -> "2026-02-27"; empty when it is no such text.
std::string day_of(const json::value& record) {
  const json::value* time = json::find(record, "time");
  if (time == nullptr || !time->is_string()) return {};
  const std::string day(std::string_view(time->get_string()).substr(0, 10));
  const bool fits = day.size() == 10 && day[4] == '-' && day[7] == '-' &&
                    std::all_of(day.begin(), day.end(),
                                [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
  return fits ? day : std::string();
}

// The lines of each day; a record without a day stays with the one before it.
std::map<std::string, std::string> lines_by_day(const std::string& payload) {
  std::map<std::string, std::string> lines;
  const auto parsed = json::parse(payload);
  const json::value* records = parsed ? json::find(*parsed, "records") : nullptr;
  if (records == nullptr || !records->is_array()) return lines;
  std::string day = "undated";
  for (const json::value& record : records->get_array()) {
    if (std::string own = day_of(record); !own.empty()) day = std::move(own);
    lines[day] += json::canonical(record) + '\n';
  }
  return lines;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool sync_directory(const std::string& path) {
  const Descriptor directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory.ok() && fsync(directory.get()) == 0;
}

// Does the file end in the middle of a line?
bool cut_short(int fd, off_t size) {
  char last = '\n';
  return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

// Appends to one day's file; `made` says whether it is new.
DeliveryResult append_lines(const std::string& path, const std::string& lines, bool& made) {
  const Descriptor file(
      open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.ok()) return later("open", path);
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return later("look at", path);
  made |= info.st_size == 0;
  const std::string_view gap = cut_short(file.get(), info.st_size) ? "\n" : "";
  if (!write_all(file.get(), std::string(gap) + lines)) return later("write", path);
  if (fsync(file.get()) != 0) return later("sync", path);
  return {Kind::kDelivered, ""};
}

}  // namespace

void AuditArchive::deliver(const gateway::Delivery& delivery, gateway::DeliveryDone done) {
  thread_.post(
      [this, payload = delivery.payload_json, done = std::move(done)] { done(append(payload)); });
}

DeliveryResult AuditArchive::append(const std::string& payload_json) const {
  if (mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) return later("make", directory_);
  bool made = false;
  for (const auto& [day, lines] : lines_by_day(payload_json)) {
    const DeliveryResult result = append_lines(directory_ + '/' + day + ".jsonl", lines, made);
    if (result.kind != Kind::kDelivered) return result;
  }
  if (made && !sync_directory(directory_)) return later("sync", directory_);
  return {Kind::kDelivered, ""};
}

}  // namespace gateway_app
