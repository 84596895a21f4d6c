// The two libraries of a replay.
#pragma once

#include <memory>
#include <string>

#include "gateway/replay.hpp"
#include "host/importer.hpp"
#include "host/owned_file.hpp"
#include "host/release_store.hpp"

namespace gateway {

// A directory of its own, removed with what is in it.
class ReplayDirectory {
 public:
  // Below `root`, which is made when it is missing. Errors: io_error, no_space.
  static Result<std::unique_ptr<ReplayDirectory>> make(const std::string& root);
  ~ReplayDirectory();
  ReplayDirectory(const ReplayDirectory&) = delete;
  ReplayDirectory& operator=(const ReplayDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit ReplayDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// A release that may be run: staged, verified and proved as for an installation, in a copy of its own.
struct ReplayRelease {
  Release release;
  std::unique_ptr<OwnedFile> copy;
};

// `what`: a file, or a kept release by version or digest, as for Host::swap. `config_json`: what it is proved with.
// Errors: not_found, ambiguous, and what Importer refuses.
Result<ReplayRelease> prepare_release(const std::string& what, const std::string& directory,
                                      const std::string& config_json, const ReplayOptions& options);

}  // namespace gateway
