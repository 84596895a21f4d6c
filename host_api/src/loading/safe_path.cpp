#include "loading/safe_path.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <filesystem>

#include "host/durable_files.hpp"

namespace gateway {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxLinks = 40;  // as the kernel

// `path` as a shell takes it back.
std::string quoted(const std::string& path) {
  constexpr const char* kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  if (path.find_first_not_of(kPlain) == std::string::npos) return path;
  std::string out = "'";
  for (const char c : path) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

bool trusted_owner(const struct stat& st) { return st.st_uid == 0 || st.st_uid == ::geteuid(); }

Error wrong_owner(const std::string& what, const std::string& path, const struct stat& st,
                  const char* chown) {
  return {"unsafe_path",
          fmt::format("{} {} belongs to user {}\n"
                      "  expected root or user {} (who runs this gateway): anybody "
                      "else could replace the plugin\n"
                      "  run: {} {} {}",
                      what, path, st.st_uid, ::geteuid(), chown, ::geteuid(), quoted(path))};
}

// `what` is "the library" or "the directory".
Result<void> check_trust(const std::string& what, const std::string& path, const struct stat& st) {
  if (!trusted_owner(st)) return wrong_owner(what, path, st, "chown");
  const mode_t others = st.st_mode & (S_IWGRP | S_IWOTH);
  const bool sticky_directory = S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX) != 0;
  if (others == 0 || sticky_directory) return {};
  const char* who = others == (S_IWGRP | S_IWOTH) ? "group and others"
                    : others == S_IWGRP           ? "its group"
                                                  : "others";
  return Error{"unsafe_path",
               fmt::format("{} {} is writable by {} (mode {:04o})\n"
                           "  expected it writable by its owner alone: anybody else could replace "
                           "the plugin\n"
                           "  run: chmod go-w {}",
                           what, path, who, st.st_mode & 07777, quoted(path))};
}

// A position in the file system: an open directory, and its path for messages.
class Walk {
 public:
  explicit Walk(const std::string& path) : path_(path) {}

  Result<OpenedFile> run() {
    std::error_code error;
    const fs::path absolute = fs::absolute(path_, error);
    if (error) return io_error("resolve", path_, error.value());
    for (const fs::path& part : absolute.relative_path()) left_.push_back(part.string());
    if (auto opened = enter_root(); !opened.ok()) return opened.error();
    while (!left_.empty()) {
      const std::string part = std::move(left_.front());
      left_.pop_front();
      if (part.empty() || part == ".") continue;
      if (part == "..") {
        directory_ = fs::path(directory_).parent_path().string();
        if (auto moved = enter(part); !moved.ok()) return moved.error();
        continue;
      }
      struct stat st {};
      if (::fstatat(fd_.get(), part.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) return missing(part);
      if (S_ISLNK(st.st_mode)) {
        if (auto followed = follow(part, st); !followed.ok()) return followed.error();
      } else if (S_ISDIR(st.st_mode)) {
        if (auto moved = descend(part); !moved.ok()) return moved.error();
      } else {
        return open_file(part);
      }
    }
    return not_a_file(directory_, "a directory");
  }

 private:
  Result<void> enter_root() {
    directory_ = "/";
    UniqueFd next(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!next) return io_error("open", directory_, errno);
    fd_ = std::move(next);
    return {};
  }

  Result<void> enter(const std::string& part) {
    UniqueFd next(::openat(fd_.get(), part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) return io_error("open", directory_, errno);
    fd_ = std::move(next);
    return {};
  }

  Result<void> descend(const std::string& part) {
    directory_ = (fs::path(directory_) / part).string();
    return enter(part);
  }

  Result<void> follow(const std::string& part, const struct stat& link) {
    const std::string here = (fs::path(directory_) / part).string();
    if (++links_ > kMaxLinks) return io_error("resolve", path_, ELOOP);
    if (!trusted_owner(link)) {
      return wrong_owner("the symbolic link", here, link, "chown --no-dereference");
    }
    if (auto checked = check_directory(); !checked.ok()) return checked;
    char target[PATH_MAX];
    const ssize_t size = ::readlinkat(fd_.get(), part.c_str(), target, sizeof target);
    if (size < 0) return io_error("read the link", here, errno);
    const fs::path to(std::string(target, static_cast<std::size_t>(size)));
    auto at = left_.begin();
    for (const fs::path& next : to.relative_path()) at = left_.insert(at, next.string()) + 1;
    return to.is_absolute() ? enter_root() : Result<void>();
  }

  Result<void> check_directory() const {
    struct stat st {};
    if (::fstat(fd_.get(), &st) != 0) return io_error("look at", directory_, errno);
    return check_trust("the directory", directory_, st);
  }

  Result<OpenedFile> open_file(const std::string& part) {
    const std::string here = (fs::path(directory_) / part).string();
    for (const std::string& rest : left_) {
      if (!rest.empty() && rest != ".") return io_error("open", path_, ENOTDIR);
    }
    if (auto checked = check_directory(); !checked.ok()) return checked.error();
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    UniqueFd file(
        ::openat(fd_.get(), part.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat st {};
    if (!file) return io_error("open", here, errno);
    if (::fstat(file.get(), &st) != 0) return io_error("look at", here, errno);
    if (!S_ISREG(st.st_mode)) return not_a_file(here, "a device, socket or FIFO");
    if (auto checked = check_trust("the library", here, st); !checked.ok()) return checked.error();
    return OpenedFile{std::move(file), here};
  }

  Error missing(const std::string& part) const {
    const std::string here = (fs::path(directory_) / part).string();
    if (errno != ENOENT) return io_error("look at", here, errno);
    if (here == path_) return {"not_found", fmt::format("there is no file {}", path_)};
    return {"not_found", fmt::format("there is no file {}: {} is missing", path_, here)};
  }

  static Error not_a_file(const std::string& path, const char* got) {
    return {"not_a_file", fmt::format("{} is not a library\n  expected a regular file, got {}; "
                                      "give the path of the plugin's .so",
                                      path, got)};
  }

  const std::string path_;
  std::string directory_;
  UniqueFd fd_;                   // of directory_
  std::deque<std::string> left_;  // components still to walk
  int links_ = 0;
};

}  // namespace

Result<OpenedFile> open_trusted(const std::string& path) { return Walk(path).run(); }

}  // namespace gateway
