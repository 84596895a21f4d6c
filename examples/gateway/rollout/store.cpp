#include "rollout/store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "rollout/report.hpp"

namespace gateway_app {
namespace {

namespace fs = std::filesystem;
using gateway::Error;
using gateway::Result;

Error failed(const char* what, const std::string& path) {
  return {"io_error", fmt::format("cannot {} {}: {}", what, path, std::strerror(errno))};
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

Result<void> sync_directory(const std::string& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.ok() || ::fsync(directory.get()) != 0) return failed("sync", path);
  return {};
}

Result<void> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) {
    return sync_directory(fs::path(path).parent_path().string());
  }
  if (errno == EEXIST) return {};
  return failed("create", path);
}

Result<void> write_whole(const std::string& path, std::string_view text) {
  const std::string temporary = path + ".tmp";
  const Descriptor file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.ok()) return failed("create", temporary);
  while (!text.empty()) {
    const ssize_t n = ::write(file.get(), text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed("write", temporary);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fsync(file.get()) != 0) return failed("sync", temporary);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed("rename over", path);
  return {};
}

std::optional<std::string> text_in(const std::string& path) {
  std::ifstream in(path);
  if (!in) return std::nullopt;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// All or nothing: what is not known to stay would be found at the next start.
Result<void> replace(const std::string& path, std::string_view text) {
  const std::optional<std::string> before = text_in(path);
  if (auto written = write_whole(path, text); !written) return written;
  auto synced = sync_directory(fs::path(path).parent_path().string());
  if (synced) return synced;
  if (before) {
    (void)write_whole(path, *before);
  } else {
    ::unlink(path.c_str());
  }
  return synced;
}

bool plain_name(const std::string& id) {
  return !id.empty() && id.front() != '.' && id.find('/') == std::string::npos;
}

}  // namespace

Result<void> RolloutStore::save(const RolloutRecord& record) const {
  const std::string directory = directory_of(record.id);
  for (const std::string& path : {directory_, directory}) {
    if (auto made = make_directory(path); !made) return made;
  }
  if (auto replaced = replace(directory + "/record.json", json::pretty(to_json(record)) + "\n");
      !replaced) {
    return replaced;
  }
  write_reports(record);
  return {};
}

void RolloutStore::write_reports(const RolloutRecord& record) const {
  const std::pair<const char*, std::string> reports[] = {
      {"/report.json", json::pretty(to_json(record)) + "\n"},
      {"/report.md", rollout_markdown(record)},
  };
  for (const auto& [name, text] : reports) {
    const auto written = write_whole(directory_of(record.id) + name, text);
    if (!written && log_) {
      log_(GW_LOG_WARN, "rollout", "the report is not up to date: " + written.error().message);
    }
  }
}

Result<std::optional<RolloutRecord>> RolloutStore::newest() const {
  std::error_code error;
  std::string last;
  for (const auto& entry : fs::directory_iterator(directory_, error)) {
    const std::string name = entry.path().filename().string();
    if (fs::exists(entry.path() / "record.json", error)) last = std::max(last, name);
  }
  if (last.empty()) return std::optional<RolloutRecord>();
  auto record = find(last);
  if (!record) return record.error();
  return std::optional(*std::move(record));
}

Result<RolloutRecord> RolloutStore::find(const std::string& id) const {
  const std::string path = directory_of(id) + "/record.json";
  std::ifstream in(plain_name(id) ? path : "");
  if (!in) {
    return Error{
        "not_found",
        fmt::format("no rollout is called \"{}\"; the directory {} holds them", id, directory_)};
  }
  std::stringstream text;
  text << in.rdbuf();
  auto parsed = json::parse(text.str());
  if (!parsed || !parsed->is_object()) {
    return Error{"record_unreadable", path + " is no JSON object"};
  }
  auto record = rollout_from_json(parsed->get_object());
  if (!record) return Error{record.error().code, path + ": " + record.error().message};
  return record;
}

}  // namespace gateway_app
