#include "host/importer.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "host/durable_files.hpp"
#include "host/stop_point.hpp"
#include "loading/verify.hpp"

namespace gateway {
namespace {

constexpr std::size_t kMaxSignature = 4096;
constexpr std::size_t kMaxLibrary = 512u << 20;

Result<Importer::Candidate> candidate_of(std::string source, StagedFile staged,
                                         Result<std::string> signature) {
  auto copy = std::make_unique<OwnedFile>(std::move(staged.path));
  if (!signature) return signature.error();
  stop_point(StopPoint::kStaged);
  return Importer::Candidate{std::move(source), std::move(staged.sha256), staged.stamp,
                             std::move(*signature), std::move(copy)};
}

// Beside the name that was given or, where that is a link, beside the file itself.
Result<std::string> signature_beside(const std::string& file) {
  std::error_code error;
  const std::string resolved = std::filesystem::canonical(file, error).string();
  for (const std::string& library : {file, resolved}) {
    if (library.empty()) continue;
    auto text = read_file(library + ".sig", kMaxSignature);
    if (text) return text;
    if (text.error().code == "io_error") return text;
    if (text.error().code != "not_found") return Error{"bad_signature", text.error().message};
  }
  return std::string();
}

}  // namespace

Result<Importer::Candidate> Importer::stage(const std::string& file) {
  auto staged = stage_file(file, releases_.staging());
  if (!staged) return staged.error();
  return candidate_of(file, std::move(*staged), signature_beside(file));
}

Result<Importer::Candidate> Importer::stage(const Release& release) {
  auto staged = releases_.copy_out(release.id.sha256, releases_.staging());
  if (!staged) return staged.error();
  return candidate_of(
      fmt::format("release {} ({})", release.id.version, release.id.sha256.substr(0, 16)),
      std::move(*staged), releases_.signature_of(release.id.sha256));
}

Result<Release> Importer::judge(const Candidate& candidate, const std::string& config_json,
                                std::int64_t now_ms) {
  const std::string& copy = candidate.copy->path();
  auto signer = signer_of(candidate);
  if (!signer) return signer.error();
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
  release.signed_by = std::move(*signer);
  return release;
}

Result<Release> Importer::keep(Candidate candidate, Release release) {
  auto kept = releases_.add(candidate.copy->path(), std::move(release), candidate.signature);
  if (kept) stop_point(StopPoint::kKept);
  return kept;
}

Result<std::string> Importer::signer_of(const Candidate& candidate) const {
  const SignaturePolicy& policy = options_.signatures;
  if (candidate.signature.empty() || policy.keys.empty()) {
    return check_signature(policy, "", candidate.signature, candidate.source);
  }
  auto bytes = read_file(candidate.copy->path(), kMaxLibrary);
  if (!bytes) return bytes.error();
  return check_signature(policy, *bytes, candidate.signature, candidate.source);
}

}  // namespace gateway
