#include "host/importer.hpp"

#include <fmt/format.h>

#include "host/stop_point.hpp"
#include "loading/verify.hpp"

namespace gateway {
namespace {

Importer::Candidate candidate_of(std::string source, StagedFile staged) {
  stop_point(StopPoint::kStaged);
  return {std::move(source), std::move(staged.sha256), staged.stamp,
          std::make_unique<OwnedFile>(std::move(staged.path))};
}

}  // namespace

Result<Importer::Candidate> Importer::stage(const std::string& file) {
  auto staged = stage_file(file, releases_.staging());
  if (!staged) return staged.error();
  return candidate_of(file, std::move(*staged));
}

Result<Importer::Candidate> Importer::stage(const Release& release) {
  auto staged = releases_.copy_out(release.id.sha256, releases_.staging());
  if (!staged) return staged.error();
  return candidate_of(
      fmt::format("release {} ({})", release.id.version, release.id.sha256.substr(0, 16)),
      std::move(*staged));
}

Result<Release> Importer::judge(const Candidate& candidate, const std::string& config_json,
                                std::int64_t now_ms) {
  const std::string& copy = candidate.copy->path();
  if (auto verified = verify_library(copy, candidate.source); !verified) return verified.error();
  auto proof = prove(options_.prover, copy, config_json, candidate.source);
  if (!proof) return proof.error();
  if (proof->id != options_.plugin) {
    return Error{"wrong_plugin",
                 fmt::format("{} is a build of plugin \"{}\"; this slot serves \"{}\"",
                             candidate.source, proof->id, options_.plugin)};
  }
  stop_point(StopPoint::kProved);
  Release release;
  release.id = {proof->version, proof->build_id, candidate.sha256};
  release.imported_ms = now_ms;
  release.abi_major = proof->abi_major;
  release.abi_minor = proof->abi_minor;
  release.data_format_read_min = proof->data_format_read_min;
  release.data_format_read_max = proof->data_format_read_max;
  release.data_format_write = proof->data_format_write;
  return release;
}

Result<Release> Importer::keep(Candidate candidate, Release release) {
  return releases_.add(candidate.copy->path(), std::move(release));
}

}  // namespace gateway
