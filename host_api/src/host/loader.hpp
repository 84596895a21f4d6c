// From a kept release to an instance that can be called.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "gateway/instance.hpp"
#include "gateway/log.hpp"
#include "host/bounded_run.hpp"
#include "host/release_store.hpp"

namespace gateway {

// Owns <root>/loaded, the files that are really mapped. Every load maps a private copy,
// <seq>-<sha16>.so: dlopen takes a file of the same name or inode for the one that is open already,
// and overwriting a mapped file crashes the process. A copy is removed once its library is
// unmapped.
// Thread rule: the control thread.
class Loader {
 public:
  // Makes the directory and removes what an earlier process left in it. `bounds`: of mapping a library and creating an
  // instance. Errors: io_error.
  static Result<Loader> open(const std::string& root, RunBounds bounds, LogSink log);

  // Copies the release's bytes (checking their digest), maps the copy and creates an instance. What
  // it finds odd in its configuration is logged as warnings.
  // Errors: as ReleaseStore::copy_out, Library::open and Instance::create; release_differs when the
  // library does not say about itself what it said when it was proved; create_failed when it does not return within
  // the bounds, and what it holds is kept for ever then.
  Result<std::unique_ptr<Instance>> load(const ReleaseStore& releases, const Release& release,
                                         const std::string& config_json);

 private:
  Loader(std::string directory, RunBounds bounds, LogSink log)
      : directory_(std::move(directory)), bounds_(std::move(bounds)), log_(std::move(log)) {}
  void tell_warnings(const std::string& create_report) const;
  Result<std::string> private_copy(const ReleaseStore& releases, const Release& release);

  std::string directory_;
  RunBounds bounds_;
  LogSink log_;
  std::uint64_t sequence_ = 0;
};

}  // namespace gateway
