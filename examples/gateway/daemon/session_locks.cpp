#include "daemon/session_locks.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

namespace gateway_app {
namespace {

namespace fs = std::filesystem;

constexpr int kDeepest = 4;
constexpr std::string_view kSuffix = ".jsonl.lock";
constexpr std::size_t kMostText = 4'096;       // of a lock file
constexpr std::int64_t kClockSlackMs = 2'000;  // the times compared are exact to a second each

std::string first_bytes(const std::string& path, std::size_t most) {
  std::ifstream file(path, std::ios::binary);
  std::string text(most, '\0');
  file.read(text.data(), static_cast<std::streamsize>(most));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

bool digit(char c) { return c >= '0' && c <= '9'; }

std::optional<std::int64_t> number_at(std::string_view text, std::size_t at) {
  std::int64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data() + at, text.data() + text.size(), value);
  if (ec != std::errc()) return std::nullopt;
  return value;
}

// The number after `name` and what separates them: pid=7, "pid": 7.
std::optional<std::int64_t> named_number(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    const std::size_t value = text.find_first_not_of("\" \t:=", at + name.size());
    if (value != std::string_view::npos && value > at + name.size() && digit(text[value])) {
      return number_at(text, value);
    }
  }
  return std::nullopt;
}

// The first number of two or more digits: how older locks name their holder.
std::optional<std::int64_t> first_number(std::string_view text) {
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    if (!digit(text[at])) continue;
    if (digit(text[at + 1])) return number_at(text, at);
  }
  return std::nullopt;
}

struct Holder {
  std::int64_t pid = 0;
  std::optional<std::int64_t> start_ticks;
};

std::optional<Holder> holder_of(std::string_view text) {
  auto pid = named_number(text, "pid");
  if (!pid) pid = first_number(text);
  if (!pid || *pid <= 0 || *pid > INT32_MAX) return std::nullopt;
  return Holder{*pid, named_number(text, "starttime")};
}

// A running process's start in clock ticks since the system's, or nothing: it is gone, or a zombie, or cannot be read.
std::optional<std::int64_t> start_ticks_of(std::int64_t pid) {
  const std::string text = first_bytes("/proc/" + std::to_string(pid) + "/stat", kMostText);
  const std::size_t name_end = text.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos || name_end + 2 >= text.size()) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 2));
  std::string field;
  fields >> field;
  if (field == "Z" || field == "X") return std::nullopt;
  for (int i = 4; i <= 22; ++i) fields >> field;
  return number_at(field, 0);
}

std::int64_t system_start_ms() {
  std::ifstream stat("/proc/stat");
  for (std::string line; std::getline(stat, line);) {
    if (line.rfind("btime ", 0) == 0) return std::atoll(line.c_str() + 6) * 1'000;
  }
  return 0;
}

bool zombie_or_gone(std::int64_t pid) {
  if (kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) return true;
  return fs::exists("/proc/" + std::to_string(pid) + "/stat");  // readable, and yet no start
}

bool holder_lives(const Holder& holder, std::int64_t locked_at_ms) {
  const auto ticks = start_ticks_of(holder.pid);
  if (!ticks) return !zombie_or_gone(holder.pid);
  if (holder.start_ticks) return *ticks == *holder.start_ticks;
  const std::int64_t started_ms = system_start_ms() + *ticks * 1'000 / sysconf(_SC_CLK_TCK);
  return started_ms <= locked_at_ms + kClockSlackMs;
}

std::int64_t modified_ms(const struct stat& info) {
  return info.st_mtim.tv_sec * 1'000 + info.st_mtim.tv_nsec / 1'000'000;
}

// Judges one file, and removes it unless it changed in the meantime.
void judge(const std::string& path, std::int64_t stale_seconds, std::int64_t now_ms,
           LockCounts& counts) {
  struct stat seen {};
  if (lstat(path.c_str(), &seen) != 0) return;  // released just now
  if (!S_ISREG(seen.st_mode)) return;
  ++counts.found;
  const bool young = (now_ms - modified_ms(seen)) / 1'000 < stale_seconds;
  const auto holder = young ? std::nullopt : holder_of(first_bytes(path, kMostText));
  if (young || (holder && holder_lives(*holder, modified_ms(seen)))) {
    ++counts.kept;
    return;
  }
  struct stat now {};
  if (lstat(path.c_str(), &now) != 0 || now.st_ino != seen.st_ino ||
      modified_ms(now) != modified_ms(seen)) {
    ++counts.kept;  // somebody else's by now
  } else if (unlink(path.c_str()) == 0) {
    ++counts.removed;
  } else {
    ++counts.errors;
  }
}

}  // namespace

LockCounts sweep_session_locks(const std::string& root, std::int64_t stale_seconds,
                               std::int64_t now_ms) {
  LockCounts counts;
  std::vector<std::string> locks;
  std::error_code error;
  fs::recursive_directory_iterator at(root, fs::directory_options::skip_permission_denied, error);
  if (error && error != std::errc::no_such_file_or_directory) ++counts.errors;
  for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
    if (at.depth() >= kDeepest) at.disable_recursion_pending();
    const std::string path = at->path().string();
    if (path.ends_with(kSuffix)) locks.push_back(path);
  }
  for (const std::string& path : locks) judge(path, stale_seconds, now_ms, counts);
  return counts;
}

}  // namespace gateway_app
