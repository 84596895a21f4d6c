#include "host/release_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <set>
#include <system_error>

#include "host/durable_files.hpp"
#include "host/release_meta.hpp"

namespace gateway {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxMeta = 1u << 16;
constexpr std::string_view kHalfMade = ".new-";  // or half gone

bool older(const Release& a, const Release& b) {
  return a.imported_ms != b.imported_ms ? a.imported_ms < b.imported_ms : a.id.sha256 < b.id.sha256;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace

ReleaseStore::ReleaseStore(std::string root, std::string plugin, LogSink log)
    : releases_dir_(root + "/releases"),
      staging_(root + "/staging"),
      plugin_(std::move(plugin)),
      log_(std::move(log)) {}

std::string ReleaseStore::directory_of(std::string_view sha256) const {
  return fmt::format("{}/{}", releases_dir_, sha256);
}

std::string ReleaseStore::hidden_of(std::string_view sha256) const {
  return fmt::format("{}/{}{}", releases_dir_, kHalfMade, sha256.substr(0, 16));
}

std::string ReleaseStore::library_of(std::string_view sha256) const {
  return fmt::format("{}/{}/{}.so", releases_dir_, sha256, plugin_);
}

Result<ReleaseStore> ReleaseStore::open(const std::string& root, const std::string& plugin,
                                        LogSink log) {
  ReleaseStore store(root, plugin, std::move(log));
  if (auto removed = remove_tree(store.staging_); !removed) return removed.error();
  for (const std::string* directory : {&store.releases_dir_, &store.staging_}) {
    if (auto made = make_directory(*directory); !made) return made.error();
  }
  if (auto loaded = store.load(true); !loaded) return loaded.error();
  return store;
}

Result<ReleaseStore> ReleaseStore::look(const std::string& root, const std::string& plugin,
                                        std::string staging) {
  ReleaseStore store(root, plugin, {});
  store.staging_ = std::move(staging);
  std::error_code error;
  if (!fs::exists(store.releases_dir_, error)) return store;
  if (auto loaded = store.load(false); !loaded) return loaded.error();
  return store;
}

Result<void> ReleaseStore::load(bool tidy) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator it(releases_dir_, error), end; !error && it != end;
       it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  if (error) return io_error("read", releases_dir_, error.value());
  for (const std::string& name : names) {
    if (name.starts_with(kHalfMade)) {
      if (!tidy) continue;
      if (auto removed = remove_tree(directory_of(name)); !removed && log_) {
        log_(GW_LOG_WARN, "host", "cannot remove what is left there: " + removed.error().message);
      }
      continue;
    }
    const auto meta = read_file(directory_of(name) + "/meta.json", kMaxMeta);
    const auto release = meta ? parse_release(*meta) : Result<Release>(meta.error());
    if (release && release->id.sha256 == name && fs::is_regular_file(library_of(name), error)) {
      releases_.push_back(*release);
    } else if (log_) {
      log_(GW_LOG_WARN, "host",
           fmt::format("ignoring {}: {}", directory_of(name),
                       release ? "it does not hold the library that its meta.json describes"
                               : release.error().message));
    }
  }
  std::sort(releases_.begin(), releases_.end(), older);
  return {};
}

const Release* ReleaseStore::find(std::string_view sha256) const {
  const auto it = std::find_if(releases_.begin(), releases_.end(),
                               [&](const Release& r) { return r.id.sha256 == sha256; });
  return it == releases_.end() ? nullptr : &*it;
}

std::vector<Release> ReleaseStore::match(std::string_view what) const {
  const std::string prefix = lower(what);
  const bool hex =
      prefix.size() >= 6 && prefix.find_first_not_of("0123456789abcdef") == std::string::npos;
  std::vector<Release> matches;
  for (const Release& release : releases_) {
    if (release.id.version == what || (hex && release.id.sha256.starts_with(prefix))) {
      matches.push_back(release);
    }
  }
  return matches;
}

Result<Release> ReleaseStore::named(const std::string& what) const {
  const std::vector<Release> matches = match(what);
  if (matches.size() == 1) return matches.front();
  if (matches.size() > 1) {
    std::string list;
    for (const Release& r : matches) {
      list += fmt::format("\n  {}  version {}, build {}", r.id.sha256, r.id.version, r.id.build_id);
    }
    return Error{"ambiguous",
                 fmt::format("{} kept releases match \"{}\"; name one by its digest:{}",
                             matches.size(), what, list)};
  }
  return Error{"not_found",
               fmt::format("no kept release has the version \"{0}\" or a SHA-256 that begins with "
                           "it (at least 6 hex digits), and there is no such file\n  install one "
                           "first, or name a file",
                           what)};
}

Result<StagedFile> ReleaseStore::copy_out(std::string_view sha256,
                                          const std::string& directory) const {
  auto copy = stage_file(library_of(sha256), directory);
  if (!copy && copy.error().code == "not_found") {
    return Error{"not_found", fmt::format("no release {} is kept", sha256.substr(0, 16))};
  }
  if (!copy || copy->sha256 == sha256) return copy;
  ::unlink(copy->path.c_str());
  return Error{"release_damaged",
               fmt::format("the kept bytes in {} are damaged: expected SHA-256 {}, found {}\n"
                           "  install the same file again to replace them",
                           library_of(sha256), sha256, copy->sha256)};
}

Result<std::string> ReleaseStore::signature_of(std::string_view sha256) const {
  auto text = read_file(library_of(sha256) + ".sig", kMaxMeta);
  if (!text && text.error().code == "not_found") return std::string();
  return text;
}

Result<Release> ReleaseStore::add(const std::string& staged_path, Release release,
                                  const std::string& signature) {
  if (const Release* known = find(release.id.sha256)) {
    const bool newly_signed = !release.signed_by.empty() && release.signed_by != known->signed_by;
    const auto copy = copy_out(release.id.sha256, staging_);
    if (copy) ::unlink(copy->path.c_str());
    if (copy && !newly_signed) {
      ::unlink(staged_path.c_str());
      return *known;
    }
    // Bytes that may be sound are not thrown away because the disk is full.
    if (!copy && copy.error().code != "release_damaged" && copy.error().code != "not_found") {
      return copy.error();
    }
    release.imported_ms = known->imported_ms;
  }
  if (auto made = make(staged_path, release, signature); !made) return made.error();
  std::erase_if(releases_, [&](const Release& r) { return r.id.sha256 == release.id.sha256; });
  releases_.insert(std::upper_bound(releases_.begin(), releases_.end(), release, older), release);
  return release;
}

Result<void> ReleaseStore::make(const std::string& staged_path, const Release& release,
                                const std::string& signature) {
  const std::string hidden = hidden_of(release.id.sha256);
  const std::string library = fmt::format("{}/{}.so", hidden, plugin_);
  if (auto removed = remove_tree(hidden); !removed) return removed;
  if (auto made = make_directory(hidden); !made) return made;
  if (::rename(staged_path.c_str(), library.c_str()) != 0) {
    return io_error("move", staged_path, errno);
  }
  if (::chmod(library.c_str(), 0400) != 0) return io_error("set the mode of", library, errno);
  if (!signature.empty()) {
    if (auto wrote = write_durably(library + ".sig", signature, 0400); !wrote) return wrote;
  }
  // Syncs the directory too, after the library was moved in.
  if (auto wrote = write_durably(hidden + "/meta.json", to_json(release), 0400); !wrote) {
    return wrote;
  }
  if (::chmod(hidden.c_str(), 0500) != 0) return io_error("set the mode of", hidden, errno);
  return put_in_place(hidden, directory_of(release.id.sha256));
}

// In one step, also where there was something before: a release that is kept is there at every instant.
Result<void> ReleaseStore::put_in_place(const std::string& hidden, const std::string& final) {
  if (::rename(hidden.c_str(), final.c_str()) == 0) return sync_directory(releases_dir_);
  if (errno != EEXIST && errno != ENOTEMPTY) return io_error("rename", hidden, errno);
  if (::renameat2(AT_FDCWD, hidden.c_str(), AT_FDCWD, final.c_str(), RENAME_EXCHANGE) != 0) {
    return io_error("exchange", hidden, errno);
  }
  if (auto synced = sync_directory(releases_dir_); !synced) return synced;
  return remove_tree(hidden);
}

// Out of sight in one step, so that a kill does not leave half a release behind; then it is removed.
Result<void> ReleaseStore::discard(std::string_view sha256) {
  const std::string hidden = hidden_of(sha256);
  if (auto removed = remove_tree(hidden); !removed) return removed;
  const std::string directory = directory_of(sha256);
  if (::rename(directory.c_str(), hidden.c_str()) == 0) return remove_tree(hidden);
  if (errno == ENOENT) return {};
  return io_error("rename", directory, errno);
}

void ReleaseStore::prune(const std::function<bool(const Release&)>& keep, std::size_t others) {
  std::size_t surplus = static_cast<std::size_t>(std::count_if(
      releases_.begin(), releases_.end(), [&](const Release& r) { return !keep(r); }));
  std::set<std::string> removed;
  for (const Release& release : releases_) {
    if (surplus <= others) break;
    if (keep(release)) continue;
    --surplus;
    removed.insert(release.id.sha256);
    if (auto gone = discard(release.id.sha256); !gone && log_) {
      log_(GW_LOG_WARN, "host", "cannot remove an old release: " + gone.error().message);
    }
  }
  std::erase_if(releases_, [&](const Release& r) { return removed.count(r.id.sha256) != 0; });
}

}  // namespace gateway
