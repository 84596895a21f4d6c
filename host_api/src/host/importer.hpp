// From a library file to a kept release: stage, verify, prove.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "gateway/error.hpp"
#include "gateway/signature.hpp"
#include "host/owned_file.hpp"
#include "host/release_store.hpp"
#include "loading/prover_client.hpp"
#include "loading/stage.hpp"

namespace gateway {

// Decides whether a file may become a release. Nothing of it is mapped in this process.
// Thread rule: the control thread.
class Importer {
 public:
  struct Options {
    std::string plugin;  // the id that a library must state
    ProverOptions prover;
    SignaturePolicy signatures{};
  };

  // A copy of a file, not yet judged; removed with this object unless it becomes a release.
  struct Candidate {
    std::string source;  // what messages call it
    std::string sha256;
    FileStamp stamp;        // of the source
    std::string signature;  // as it stands beside the source; empty: none
    std::unique_ptr<OwnedFile> copy;
  };

  Importer(Options options, ReleaseStore& releases)
      : options_(std::move(options)), releases_(releases) {}

  // Copies the file in, and reads <file>.sig. Errors: as stage_file(); bad_signature (a pipe, a directory or a large
  // file in its place).
  Result<Candidate> stage(const std::string& file);

  // The kept bytes of a release as a candidate, to be judged again. Errors: as
  // ReleaseStore::copy_out.
  Result<Candidate> stage(const Release& release);

  // Checks the signature, verifies and proves; the release is not kept. Errors: as
  // check_signature(), verify_library() and prove(); wrong_plugin.
  Result<Release> judge(const Candidate& candidate, const std::string& config_json,
                        std::int64_t now_ms);

  bool signatures_required() const { return options_.signatures.required; }

  // Keeps a candidate that judge() accepted. Errors: as ReleaseStore::add.
  Result<Release> keep(Candidate candidate, Release release);

 private:
  Result<std::string> signer_of(const Candidate& candidate) const;

  Options options_;
  ReleaseStore& releases_;
};

}  // namespace gateway
