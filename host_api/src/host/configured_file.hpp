// The configured library file: an input that asks for a release.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "gateway/host.hpp"
#include "host/boot_record.hpp"
#include "host/importer.hpp"
#include "host/swapper.hpp"
#include "host/watcher.hpp"

namespace gateway {

// Follows the file: what it holds becomes the active release, or its candidate, or is refused and
// the active one keeps serving.
//
// While the gateway runs, any change of the file's stat is a request, also for bytes that were seen
// before. At boot only a digest other than the last one seen is: so a rollback outlives a restart. A file that was
// refused for something that may pass is asked about again, as long as the release is active that was then.
// Thread rule: the control thread.
class ConfiguredFile {
 public:
  // What becomes of a release that the file asks for: Swapper::activate, or the beginning of a canary.
  using Deploy = std::function<Result<void>(const Release&, const Swapper::Change&)>;

  ConfiguredFile(std::string path, ReleaseStore& releases, Importer& importer, Swapper& swapper,
                 BootRecord& record, Deploy deploy)
      : path_(std::move(path)),
        releases_(releases),
        importer_(importer),
        swapper_(swapper),
        record_(record),
        deploy_(std::move(deploy)) {}

  // Looks at the file once the stable release has booted, or could not. Returns the file as decided
  // about; empty: it is for the watcher to decide once it is quiet (it may be half copied).
  std::optional<Watcher::Seen> at_boot();

  // The file has changed and been quiet.
  Watcher::Verdict changed(const Watcher::Seen& seen);

 private:
  enum class When { kBoot, kRunning };
  // A refusal that may pass.
  struct Refused {
    Watcher::Seen seen;
    std::string active;  // the digest; empty: none
  };
  std::string active() const;
  bool follow(const Watcher::Seen& seen, When when);
  bool decide(Importer::Candidate candidate, const Watcher::Seen& seen, When when);
  Result<Release> accepted(Importer::Candidate candidate);
  bool accept(const std::string& sha256);
  bool refuse(const Error& error, const std::string& sha256, const Watcher::Seen& seen, When when);

  const std::string path_;
  ReleaseStore& releases_;
  Importer& importer_;
  Swapper& swapper_;
  BootRecord& record_;
  const Deploy deploy_;
  std::optional<Refused> refused_;
  std::string told_;  // the refusal that was last written to the history
};

// Removes kept releases that are neither in a role nor among the newest few.
void prune_releases(ReleaseStore& releases, const BootState& state, const std::string& sha256);

// "; the active version 1.2.0 keeps serving", or that nothing does: the end of every refusal.
std::string still_serving(const Swapper& swapper);

}  // namespace gateway
