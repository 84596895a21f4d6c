#include "host/swapper.hpp"

#include <fmt/format.h>

#include "host/data_format.hpp"
#include "host/quarantine.hpp"
#include "host/stop_point.hpp"
#include "host/warm_up.hpp"

namespace gateway {
namespace {

// How long a swap waits for the release before the last to be unmapped. Longer calls keep it mapped
// beyond that; the swap itself is done.
constexpr std::uint32_t kRetireWaitMs = 2'000;

}  // namespace

std::optional<ReleaseId> Swapper::active() const {
  const Slot::Lease lease = parts_.slot.acquire();
  return lease ? std::optional(lease->release()) : std::nullopt;
}

Result<void> Swapper::activate(const Release& release, const Change& change) {
  if (const auto now = active(); now && now->sha256 == release.id.sha256) {
    return persist_flip(release, change);
  }
  if (auto free = check_quarantine(parts_.record.state(), release.id); !free) return free;
  if (auto fits = check_formats(release, change.must_revert); !fits) return fits;
  if (auto begun = persist_intent(release, change); !begun) return begun;
  stop_point(StopPoint::kIntentWritten);

  auto instance = prepare(release, config_json_);
  if (!instance) return instance.error();
  stop_point(StopPoint::kLoaded);

  if (auto raised = raise_format(release); !raised) return raised;
  const bool first = !active();
  if (watched(release) && !change.one_way) {
    parts_.executor.restart_counts(release.id.sha256);
  }
  parts_.slot.activate(std::move(*instance));
  stop_point(StopPoint::kFlipped);

  if (auto saved = persist_flip(release, change); !saved) {
    // What would boot must be what serves.
    if (first) {
      parts_.slot.clear();
    } else {
      parts_.slot.exchange();
      parts_.slot.drop_parked();
    }
    return saved;
  }
  stop_point(StopPoint::kStateWritten);
  retire();
  stop_point(StopPoint::kRetired);
  start_once();
  return {};
}

Result<void> Swapper::boot(const Release& release) {
  if (auto fits = check_formats(release, false); !fits) return fits;
  auto instance = prepare(release, config_json_);
  if (!instance) return instance.error();
  if (auto raised = raise_format(release); !raised) return raised;
  parts_.slot.activate(std::move(*instance));
  start_once();
  return {};
}

Result<void> Swapper::check(const Release& release) {
  if (auto free = check_quarantine(parts_.record.state(), release.id); !free) return free;
  return check_formats(release, true);
}

Result<void> Swapper::load_candidate(const Release& release) {
  if (auto fits = check(release); !fits) return fits;
  auto instance = prepare(release, config_json_);
  if (!instance) return instance.error();
  if (auto raised = raise_format(release); !raised) return raised;
  parts_.executor.restart_counts(release.id.sha256);
  parts_.slot.set_candidate(std::move(*instance));
  return {};
}

bool Swapper::is_candidate(const Release& release) const {
  const Slot::Lease loaded = parts_.slot.candidate();
  return loaded && loaded->release().sha256 == release.id.sha256;
}

Result<void> Swapper::promote(const Release& release, const Change& change) {
  if (auto fits = check(release); !fits) return fits;
  if (auto begun = persist_intent(release, "promote"); !begun) return begun;
  stop_point(StopPoint::kIntentWritten);
  if (!is_candidate(release)) {
    if (auto loaded = load_candidate(release); !loaded) return loaded;
  }
  stop_point(StopPoint::kLoaded);
  parts_.slot.promote();
  stop_point(StopPoint::kFlipped);
  auto saved = parts_.record.update([&](BootState& state) {
    state.intent.reset();
    state.swap_trouble.clear();
    if (change.also) change.also(state);
    state.enter_phase(Phase::kSoak, parts_.record.now_ms());
    record_change(state, release, change);
  });
  if (!saved) {  // what would boot must be what serves
    parts_.slot.exchange();
    parts_.slot.drop_parked();
    return saved;
  }
  stop_point(StopPoint::kStateWritten);
  retire();
  stop_point(StopPoint::kRetired);
  return {};
}

void Swapper::record_change(BootState& state, const Release& release, const Change& change) {
  HistoryEntry entry = change.decision;
  entry.event = change.event;
  entry.release = release.id;
  entry.detail = change.detail;
  entry.by = change.by;
  state.record(parts_.record.entry(std::move(entry)));
}

Result<bool> Swapper::exchange(const Release& target, const Change& change) {
  {
    const Slot::Lease parked = parts_.slot.parked();
    if (!parked || parked->release().sha256 != target.id.sha256) return false;
  }
  if (auto free = check_quarantine(parts_.record.state(), target.id); !free) return free.error();
  if (auto fits = check_formats(target, change.must_revert); !fits) return fits.error();
  if (auto begun = persist_intent(target, change); !begun) return begun.error();
  stop_point(StopPoint::kIntentWritten);
  stop_point(StopPoint::kLoaded);  // it still is
  if (auto raised = raise_format(target); !raised) return raised.error();
  if (watched(target)) parts_.executor.restart_counts(target.id.sha256);
  parts_.slot.exchange();
  stop_point(StopPoint::kFlipped);
  if (auto saved = persist_flip(target, change); !saved) {
    parts_.slot.exchange();
    return saved.error();
  }
  stop_point(StopPoint::kStateWritten);
  stop_point(StopPoint::kRetired);  // nothing to retire: both stay loaded
  return true;
}

Result<void> Swapper::reconfigure(const std::string& config_json) {
  const auto now = active();
  const Release* release = now ? parts_.releases.find(now->sha256) : nullptr;
  if (release == nullptr) {
    return Error{"no_plugin", "no plugin is active that could take a new configuration"};
  }
  // A copy of its own: no two instances ever share a mapped image, so that the old one's destroy
  // cannot overlap the new one's start.
  auto instance = prepare(*release, config_json);
  if (!instance) return instance.error();
  parts_.slot.activate(std::move(*instance));
  if (auto ran = start(); !ran) {
    parts_.slot.exchange();
    parts_.slot.drop_parked();
    return ran;
  }
  started_ = true;
  start_trouble_.clear();
  config_json_ = config_json;
  // The parked instances have the old configuration; a rollback loads its release anew.
  parts_.slot.drop_parked();
  retire();
  parts_.record.note(
      [&](BootState& state) { state.record(parts_.record.entry("reconfigured", release->id)); });
  return {};
}

Result<std::unique_ptr<Instance>> Swapper::prepare(const Release& release,
                                                   const std::string& config_json) {
  auto instance = parts_.loader.load(parts_.releases, release, config_json);
  if (!instance) return instance;
  return warm_up(std::move(*instance), parts_.engine, parts_.node, parts_.record.now_ms(),
                 parts_.bounds);
}

Result<void> Swapper::check_formats(const Release& release, bool must_revert) {
  auto stored = stored_format(parts_.engine);
  if (!stored) return stored.error();
  if (auto readable = check_readable(release, *stored); !readable) return readable;
  const auto now = active();
  const Release* serving = now ? parts_.releases.find(now->sha256) : nullptr;
  if (must_revert && serving != nullptr) return check_revertible(release, *serving);
  return {};
}

// Before the flip, because the release may write right after it. Harmless when the flip then fails:
// the active release reads this format, or the swap would have been refused.
Result<void> Swapper::raise_format(const Release& release) {
  auto stored = stored_format(parts_.engine);
  if (!stored) return stored.error();
  auto write = raised_format(release, *stored);
  if (!write) return {};
  if (auto done = parts_.executor.commit_host({std::move(*write)}); !done) {
    return Error{"storage", "cannot record the data format: " + done.error().message};
  }
  return {};
}

Result<void> Swapper::persist_intent(const Release& release, const std::string& action,
                                     const std::optional<Upgrade>& one_way) {
  return parts_.record.update([&](BootState& state) {
    state.intent = Intent{action, release.id, parts_.record.now_ms()};
    if (one_way) state.upgrade = one_way;
  });
}

Result<void> Swapper::persist_intent(const Release& release, const Change& change) {
  auto begun = persist_intent(release, change.action, change.one_way);
  return change.regardless ? Result<void>() : begun;
}

// Only while there is something good to go back to.
bool Swapper::watched(const Release& release) const {
  const BootState& state = parts_.record.state();
  return parts_.watch && state.stable && !state.good(release.id.sha256) &&
         parts_.releases.find(state.stable->release.sha256) != nullptr;
}

Result<void> Swapper::persist_flip(const Release& release, const Change& change) {
  const std::int64_t now = parts_.record.now_ms();
  const bool moves = !parts_.record.state().serves(release.id.sha256);
  const bool watch = watched(release) && !change.one_way;
  const auto apply = [&](BootState& state) {
    state.intent.reset();
    state.swap_trouble.clear();
    if (change.file) {
      state.file_sha256 = *change.file;
      state.file_trouble.clear();
    }
    if (change.also) change.also(state);
    if (!moves) return;
    if (watch) {
      state.begin_trial(release.id, Phase::kWatch, now);
    } else {
      state.make_stable(release.id, now);
    }
    record_change(state, release, change);
  };
  if (!change.one_way && !change.regardless) return parts_.record.update(apply);
  // After an upgrade the old release cannot take over again: should this write be lost, the boot concludes the same
  // from the store's format and the intent.
  parts_.record.note(apply);
  return {};
}

Result<void> Swapper::start() {
  Request request;
  request.kind = Request::Kind::kStart;
  request.caller_kind = GW_CALLER_HOST;
  request.client = "host";
  const Outcome outcome = parts_.executor.run(std::move(request));
  if (outcome.kind == Outcome::Kind::kReply && outcome.status == GW_OK) return {};
  return Error{"start_failed",
               fmt::format("the plugin's start failed: {}",
                           outcome.kind == Outcome::Kind::kReply ? outcome.body : outcome.message)};
}

// At the first activation of this process. A start that failed is tried again at the next one.
void Swapper::start_once() {
  if (started_) return;
  const auto ran = start();
  started_ = ran.ok();
  start_trouble_ = ran ? "" : ran.error().message;
  if (!ran && parts_.log) parts_.log(GW_LOG_ERROR, "host", start_trouble_);
}

void Swapper::retire() {
  if (!parts_.slot.wait_retired(kRetireWaitMs) && parts_.log) {
    parts_.log(GW_LOG_WARN, "host",
               "a retired release is still in use by calls; it is unmapped when they end");
  }
}

}  // namespace gateway
