// Control: what comes up at boot.
#include <fmt/format.h>

#include "host/control.hpp"

namespace gateway {
namespace {

// The kept bytes are no good, as opposed to: this configuration or this store does not fit them.
bool blames_bytes(const Error& error) {
  return error.code != "config_invalid" && error.code != "data_format" && error.code != "storage";
}

}  // namespace

std::optional<Watcher::Seen> Control::boot_now() {
  boot_trouble_ = record_.problem();
  bytes_lost_ = false;
  settle_upgrade();
  boot_trial();
  boot_stable();
  migrate();
  resume_canary();
  std::optional<Watcher::Seen> seen;
  const bool follow = options_.on_file_change != OnFileChange::kIgnore || !swapper_.active();
  if (!options_.library.empty() && follow) {
    seen = file_.at_boot();
  } else if (!record_.state().file_trouble.empty()) {
    record_.note([](BootState& state) { state.file_trouble.clear(); });
  }
  if (!swapper_.active() && bytes_lost_) boot_previous();
  return seen;
}

// What a crash left: an intent that was not finished, or a state.json that cannot be read.
void Control::report_problems() {
  if (!record_.problem().empty() && options_.log) {
    options_.log(GW_LOG_ERROR, "host", record_.problem());
  }
  count_crashes();
  const auto intent = record_.state().intent;
  if (!intent && record_.problem().empty()) return;
  record_.note([&](BootState& state) {
    if (!record_.problem().empty()) {
      state.record(record_.entry("state_unreadable", {}, record_.problem()));
    }
    state.intent.reset();
    if (intent) {
      state.record(record_.entry("interrupted", intent->release,
                                 "the gateway ended during this " + intent->action));
    }
  });
}

Result<void> Control::boot_release(const ReleaseId& id) {
  const Release* release = releases_.find(id.sha256);
  if (release == nullptr) {
    return Error{"release_lost", "its bytes are not kept in " + options_.root + "/releases"};
  }
  return swapper_.boot(*release);
}

// What served: the release on trial, if that was it. One that cannot be loaded any more has failed
// its trial, but is not quarantined: its kept bytes may be damaged, or the configuration new.
void Control::boot_trial() {
  const auto& state = record_.state();
  if (!state.candidate || !phase_serves(state.candidate->phase)) return;
  const ReleaseId release = state.candidate->release;
  // A soak is judged against the release before, which waits beside it.
  if (state.candidate->phase == Phase::kSoak && state.stable) {
    if (auto before = boot_release(state.stable->release); !before && options_.log) {
      options_.log(GW_LOG_WARN, "host", before.error().message);
    }
  }
  const auto booted = boot_release(release);
  if (booted) return;
  boot_trouble_ =
      fmt::format("version {} ({}), which was being watched, cannot be loaded: {}", release.version,
                  release.sha256.substr(0, 16), booted.error().message);
  record_.note([&](BootState& next) {
    next.drop_trial(record_.now_ms());
    next.previous.reset();
    next.record(record_.entry("refused", release, boot_trouble_));
  });
}

void Control::boot_stable() {
  const auto& stable = record_.state().stable;
  if (!stable || swapper_.active()) return;
  const auto booted = boot_release(stable->release);
  if (booted) return;
  bytes_lost_ = blames_bytes(booted.error());
  boot_trouble_ =
      fmt::format("the stable version {} ({}) cannot be loaded: {}", stable->release.version,
                  stable->release.sha256.substr(0, 16), booted.error().message);
  if (options_.log) options_.log(GW_LOG_ERROR, "host", boot_trouble_);
}

// The last resort, when the stable release's bytes are lost and the configured file is no help.
void Control::boot_previous() {
  const auto& previous = record_.state().previous;
  const Release* release = previous ? releases_.find(previous->release.sha256) : nullptr;
  if (release == nullptr) return;
  Swapper::Change change;
  change.action = "boot";
  change.by = "gateway";
  change.detail = boot_trouble_;
  change.must_revert = false;
  if (auto booted = swapper_.activate(Release(*release), change); !booted && options_.log) {
    options_.log(
        GW_LOG_ERROR, "host",
        fmt::format("the version before it cannot be loaded either: {}", booted.error().message));
  }
}

}  // namespace gateway
