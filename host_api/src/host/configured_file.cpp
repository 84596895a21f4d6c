#include "host/configured_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "host/quarantine.hpp"

namespace gateway {
namespace {

constexpr std::size_t kKeptReleases = 10;

// Refusals that say nothing about the bytes: the same file may be fine later.
bool may_pass(const Error& error) {
  static constexpr std::string_view kCodes[] = {
      "prove_timeout", "prover_error",  "config_invalid",    "io_error",      "no_space",
      "storage",       "watch_running", "signature_missing", "bad_signature", "unsafe_path"};
  return std::find(std::begin(kCodes), std::end(kCodes), error.code) != std::end(kCodes);
}

}  // namespace

void prune_releases(ReleaseStore& releases, const BootState& state, const std::string& sha256) {
  releases.prune(
      [&](const Release& r) {
        return r.id.sha256 == sha256 ||
               (state.stable && state.stable->release.sha256 == r.id.sha256) ||
               (state.previous && state.previous->release.sha256 == r.id.sha256) ||
               (state.upgrade && state.upgrade->from.sha256 == r.id.sha256) ||
               (state.candidate && state.candidate->release.sha256 == r.id.sha256);
      },
      kKeptReleases);
}

std::string still_serving(const Swapper& swapper) {
  const auto active = swapper.active();
  return active ? fmt::format("the active version {} keeps serving", active->version)
                : std::string("no plugin is active");
}

std::optional<Watcher::Seen> ConfiguredFile::at_boot() {
  const Watcher::Seen seen = Watcher::look(path_);
  if (follow(seen, When::kBoot)) return std::optional<Watcher::Seen>(seen);
  return std::nullopt;
}

Watcher::Verdict ConfiguredFile::changed(const Watcher::Seen& seen) {
  const auto before = std::exchange(refused_, std::nullopt);
  // Who has chosen another release since has had the last word.
  if (before && before->seen == seen && before->active != active()) {
    return Watcher::Verdict::kDecided;
  }
  if (!follow(seen, When::kRunning)) return Watcher::Verdict::kNotYet;
  return refused_ ? Watcher::Verdict::kRefused : Watcher::Verdict::kDecided;
}

std::string ConfiguredFile::active() const {
  const auto now = swapper_.active();
  return now ? now->sha256 : std::string();
}

// True when the file, as seen, was dealt with; false when it is to be looked at again.
bool ConfiguredFile::follow(const Watcher::Seen& seen, When when) {
  auto candidate = importer_.stage(path_);
  if (!candidate) return refuse(candidate.error(), "", seen, when);
  if (!seen || candidate->stamp != *seen) return false;
  return decide(std::move(*candidate), seen, when);
}

bool ConfiguredFile::decide(Importer::Candidate candidate, const Watcher::Seen& seen, When when) {
  const std::string sha256 = candidate.sha256;
  const auto active = swapper_.active();
  if (active && active->sha256 == sha256) return accept(sha256);
  // At boot the bytes that were decided about last are no request; if they were refused, that still
  // stands.
  if (when == When::kBoot && active && record_.state().file_sha256 == sha256) return true;

  if (auto free = check_quarantine(record_.state(), {"", "", sha256}); !free) {
    return refuse(free.error(), sha256, seen, when);
  }
  auto release = accepted(std::move(candidate));
  if (!release) return refuse(release.error(), sha256, seen, when);
  Swapper::Change change;
  change.detail = "read from the configured file " + path_;
  change.by = "file";
  change.file = sha256;
  if (auto deployed = deploy_(*release, change); !deployed) {
    return refuse(deployed.error(), sha256, seen, when);
  }
  prune_releases(releases_, record_.state(), sha256);
  return true;
}

// A release that is kept and was marked good needs no new proof: putting the old file back is a
// rollback.
Result<Release> ConfiguredFile::accepted(Importer::Candidate candidate) {
  const Release* kept = releases_.find(candidate.sha256);
  if (kept != nullptr && record_.state().good(candidate.sha256) &&
      !importer_.signatures_required()) {
    return importer_.keep(std::move(candidate), Release(*kept));
  }
  auto release = importer_.judge(candidate, swapper_.config_json(), record_.now_ms());
  if (!release) return release;
  return importer_.keep(std::move(candidate), std::move(*release));
}

// The file holds what is active: a request that is granted already. Earlier refusals, also of a swap
// by command, are history then: what serves is what is configured.
bool ConfiguredFile::accept(const std::string& sha256) {
  const BootState& state = record_.state();
  const bool calm = state.file_trouble.empty() && state.swap_trouble.empty();
  if (state.file_sha256 == sha256 && calm) return true;
  record_.note([&](BootState& next) {
    next.file_sha256 = sha256;
    next.file_trouble.clear();
    next.swap_trouble.clear();
  });
  return true;
}

bool ConfiguredFile::refuse(const Error& error, const std::string& sha256,
                            const Watcher::Seen& seen, When when) {
  const bool moving = error.code == "file_busy" || Watcher::look(path_) != seen;
  if (moving && when == When::kRunning) return false;
  const std::string trouble = "the configured file was refused: " + error.message;
  if (may_pass(error)) refused_ = Refused{seen, active()};
  const BootState& known = record_.state();
  if (told_ == trouble && known.file_trouble == trouble && !known.intent) return true;
  if (when == When::kRunning) told_ = trouble;
  record_.note([&](BootState& state) {
    state.intent.reset();
    state.file_trouble = trouble;
    if (when == When::kBoot) return;  // the watcher will decide
    if (!sha256.empty() && !may_pass(error)) state.file_sha256 = sha256;
    state.record(
        record_.entry("refused", {"", "", sha256}, trouble + "\n  " + still_serving(swapper_)));
  });
  return when == When::kRunning;
}

}  // namespace gateway
