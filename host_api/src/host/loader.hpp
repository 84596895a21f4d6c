// From a kept release to an instance that can be called.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "gateway/instance.hpp"
#include "gateway/log.hpp"
#include "host/release_store.hpp"

namespace gateway {

// Owns <root>/loaded, the files that are really mapped. Every load maps a private copy,
// <seq>-<sha16>.so: dlopen takes a file of the same name or inode for the one that is open already,
// and overwriting a mapped file crashes the process. A copy is removed once its library is
// unmapped.
// Thread rule: the control thread.
class Loader {
 public:
  // Makes the directory and removes what an earlier process left in it. Errors: io_error.
  static Result<Loader> open(const std::string& root, LogSink log);

  // Copies the release's bytes (checking their digest), maps the copy and creates an instance.
  // Errors: as ReleaseStore::copy_out, Library::open and Instance::create; release_differs when the
  // library does not say about itself what it said when it was proved.
  Result<std::unique_ptr<Instance>> load(const ReleaseStore& releases, const Release& release,
                                         const std::string& config_json);

 private:
  Loader(std::string directory, LogSink log)
      : directory_(std::move(directory)), log_(std::move(log)) {}
  Result<std::string> private_copy(const ReleaseStore& releases, const Release& release);

  std::string directory_;
  LogSink log_;
  std::uint64_t sequence_ = 0;
};

}  // namespace gateway
