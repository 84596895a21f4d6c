// Control: what is told about it.
#include <fmt/format.h>

#include "host/control.hpp"

namespace gateway {

SlotStatus Control::status() const {
  const std::lock_guard lock(published_mutex_);
  return published_.status;
}

std::vector<KnownRelease> Control::releases() const {
  const std::lock_guard lock(published_mutex_);
  return published_.releases;
}

std::vector<HistoryEntry> Control::history() const {
  const std::lock_guard lock(published_mutex_);
  return published_.history;
}

std::vector<Mark> Control::marks() const {
  const std::lock_guard lock(published_mutex_);
  return published_.marks;
}

std::optional<CanaryStatus> Control::canary() const {
  const std::lock_guard lock(published_mutex_);
  return published_.canary;
}

KnownRelease Control::known(const Release& release) const {
  KnownRelease out;
  out.release = release.id;
  out.imported_ms = release.imported_ms;
  const auto active = swapper_.active();
  const auto& previous = record_.state().previous;
  if (active && active->sha256 == release.id.sha256) {
    out.role = "active";
  } else if (const auto& trial = record_.state().candidate;
             trial && trial->release.sha256 == release.id.sha256) {
    out.role = "candidate";
  } else if (previous && previous->release.sha256 == release.id.sha256) {
    out.role = "parked";
  }
  if (const Mark* mark = record_.state().mark(release.id.sha256)) {
    out.good_ms = mark->good_ms;
    out.quarantine = mark->quarantine;
  }
  out.signed_by = release.signed_by;
  out.data_format_read_min = release.data_format_read_min;
  out.data_format_read_max = release.data_format_read_max;
  out.data_format_write = release.data_format_write;
  out.abi_major = release.abi_major;
  out.abi_minor = release.abi_minor;
  return out;
}

SlotStatus Control::status_now() const {
  const BootState& state = record_.state();
  SlotStatus status;
  status.id = options_.plugin;
  status.path = options_.library;
  if (const auto active = swapper_.active()) {
    const auto serving = state.serving();
    const bool recorded = serving && serving->release.sha256 == active->sha256;
    status.active = RoleInfo{*active, recorded ? serving->since_ms : 0};
  }
  if (state.previous && releases_.find(state.previous->release.sha256) != nullptr) {
    status.parked = state.previous;
  }
  if (const auto& trial = state.candidate) {
    TrialInfo info;
    info.role = {trial->release, trial->since_ms};
    info.phase = trial->phase;
    info.phase_since_ms = trial->phase_since_ms;
    info.tries = trial->tries;
    if (watching_) info.until_ms = watching_->until_ms;
    status.trial = std::move(info);
    if (!phase_serves(trial->phase)) status.candidate = status.trial->role;
  }
  const std::size_t wedged = executor_.wedged();
  const std::string hanging = wedged == 0
                                  ? ""
                                  : fmt::format(
                                        "{} calls hang and were given up; a restart of the gateway "
                                        "frees their threads",
                                        wedged);
  for (const std::string* trouble : {&boot_trouble_, &state.file_trouble, &state.swap_trouble,
                                     &swapper_.start_trouble(), &hanging, &record_.trouble()}) {
    if (trouble->empty()) continue;
    if (!status.reason.empty()) status.reason += "\n";
    status.reason += *trouble;
    // The file stays refused while other versions come and go.
    if (trouble == &state.file_trouble) status.reason += "\n  " + still_serving(swapper_);
  }
  if (status.active) {
    status.state = status.reason.empty() ? "active" : "degraded";
    return status;
  }
  status.state = "none";
  if (closed_) {
    status.reason = "the gateway is shutting down";
  } else if (status.reason.empty()) {
    status.reason = options_.library.empty() ? "no library is configured and none was activated yet"
                                             : "the configured library was not activated yet";
  }
  return status;
}

void Control::publish() {
  Published now;
  now.status = status_now();
  for (const Release& release : releases_.all()) now.releases.push_back(known(release));
  now.history = record_.state().decisions;
  now.marks = record_.state().marks;
  now.canary = canary_ ? std::optional(canary_->status()) : last_canary_;
  const std::lock_guard lock(published_mutex_);
  published_ = std::move(now);
}

}  // namespace gateway
