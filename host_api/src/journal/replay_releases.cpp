#include "journal/replay_releases.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "host/durable_files.hpp"

namespace gateway {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "replay-";

Result<Importer::Candidate> stage(const std::string& what, Importer& importer,
                                  const ReleaseStore& kept) {
  if (what.find('/') != std::string::npos) return importer.stage(what);
  const auto release = kept.named(what);
  if (release) return importer.stage(*release);
  std::error_code error;
  if (release.error().code == "not_found" && fs::exists(what, error)) {
    return importer.stage(what);
  }
  return release.error();
}

// What replays that were killed have left behind: "replay-<pid>-...".
void remove_abandoned(const std::string& root) {
  std::error_code error;
  for (fs::directory_iterator at(root, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename();
    if (!name.starts_with(kPrefix)) continue;
    const int pid = std::atoi(name.c_str() + kPrefix.size());
    if (pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH) {
      static_cast<void>(remove_tree(at->path().string()));
    }
  }
}

}  // namespace

Result<std::unique_ptr<ReplayDirectory>> ReplayDirectory::make(const std::string& root) {
  if (auto made = make_directory(root); !made) return made.error();
  remove_abandoned(root);
  std::string pattern = root + "/" + std::string(kPrefix) + std::to_string(::getpid()) + "-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) return io_error("make a directory in", root, errno);
  return std::unique_ptr<ReplayDirectory>(new ReplayDirectory(std::move(pattern)));
}

ReplayDirectory::~ReplayDirectory() { static_cast<void>(remove_tree(path_)); }

Result<ReplayRelease> prepare_release(const std::string& what, const std::string& directory,
                                      const std::string& config_json,
                                      const ReplayOptions& options) {
  auto kept = ReleaseStore::look(options.plugins_root, options.plugin, directory);
  if (!kept) return kept.error();
  Importer::Options rules;
  rules.plugin = options.plugin;
  rules.prover.prover = options.prover;
  rules.prover.timeout = options.patience;
  rules.signatures = options.signatures;
  Importer importer(std::move(rules), *kept);
  auto candidate = stage(what, importer, *kept);
  if (!candidate) return candidate.error();
  auto judged = importer.judge(*candidate, config_json, 0);
  if (!judged) return judged.error();
  return ReplayRelease{std::move(*judged), std::move(candidate->copy)};
}

}  // namespace gateway
