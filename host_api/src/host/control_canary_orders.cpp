// Control: what operators and the configured file ask of a canary.
#include <fmt/format.h>

#include "host/control.hpp"
#include "host/quarantine.hpp"

namespace gateway {

Result<CanaryStatus> Control::start_canary(const std::string& what, const CanaryPolicy& policy) {
  const Turn turn(*this);
  if (closed_) return Error{"shutting_down", "the gateway is shutting down"};
  if (canary_) {
    return Error{"canary_running",
                 fmt::format("version {} is on trial already; abort or promote it first",
                             canary_->candidate().version)};
  }
  auto release = obtain(what);
  if (!release) return canary_refused({}, release.error());
  if (auto begun = begin_canary(*release, policy, {}); !begun) {
    return canary_refused(release->id, begun.error());
  }
  prune_releases(releases_, record_.state(), release->id.sha256);
  return canary_->status();
}

// The active release is not touched: written down, but no trouble of the slot.
Error Control::canary_refused(const ReleaseId& release, const Error& error) {
  const std::string message =
      fmt::format("plugin canary refused: {}\n  {}", error.message, still_serving(swapper_));
  if (error.code != "not_found") {
    record_.note(
        [&](BootState& state) { state.record(record_.entry("refused", release, message)); });
  }
  return {error.code, message};
}

// A file, imported; or a kept release, judged again.
Result<Release> Control::obtain(const std::string& what) {
  if (what.find('/') != std::string::npos) return import(what, true);
  auto release = kept(what);
  if (!release) return release;
  if (auto free = check_quarantine(record_.state(), release->id); !free) return free.error();
  auto candidate = importer_.stage(*release);
  if (!candidate) return candidate.error();
  auto judged = importer_.judge(*candidate, swapper_.config_json(), record_.now_ms());
  if (!judged) return judged;
  return release;
}

// With onFileChange "canary" a release that was never good is judged first; a canary that goes on gives way.
Result<void> Control::deploy_file(const Release& release, const Swapper::Change& change) {
  const bool judge = options_.on_file_change == OnFileChange::kCanary && swapper_.active() &&
                     !record_.state().good(release.id.sha256);
  if (!judge) return swapper_.activate(release, change);
  if (canary_ && canary_->candidate().sha256 == release.id.sha256) return {};
  if (canary_) {
    abort_canary("file", "the configured file asks for another release");
  }
  return begin_canary(release, options_.canary, change);
}

Result<CanaryStatus> Control::steer_canary(CanaryOrder order, const std::string& by) {
  const Turn turn(*this);
  if (closed_) return Error{"shutting_down", "the gateway is shutting down"};
  if (!canary_) return Error{"no_canary", "no release is on trial; see: plugins history"};
  const bool soaking = canary_->stage() == CanaryStage::kSoak;
  const CanaryStatus now = canary_->status();
  const std::string where = fmt::format("in {} after {} samples in {} s", stage_name(now.stage),
                                        now.candidate_counters.calls, now.stage_elapsed_ms / 1000);
  const std::string who = "the " + by;
  switch (order) {
    case CanaryOrder::kPause:
    case CanaryOrder::kResume: {
      const bool pause = order == CanaryOrder::kPause;
      if (pause == now.paused) return now;
      HistoryEntry entry = canary_entry(pause ? "canary_paused" : "canary_resumed", by);
      entry.detail = where;
      auto saved = record_.update([&](BootState& state) {
        CanaryProgress progress = parse_progress(state.candidate->progress);
        progress.paused = pause;
        state.candidate->progress = to_json(progress);
        state.record(record_.entry(entry));
      });
      if (!saved) return saved.error();
      canary_->set_paused(pause);
      return canary_->status();
    }
    case CanaryOrder::kPromote: {
      if (soaking) {
        pass_canary(by, who + " ended the trial, " + where);
        return *last_canary_;
      }
      auto entered = enter_stage(CanaryStage::kSoak, by,
                                 who + " promoted it without the rest of its trial, " + where);
      if (entered) return canary_->status();
      abort_canary(by, "it could not be promoted: " + entered.error().message);
      return refused("promote", now.candidate, entered.error());
    }
    case CanaryOrder::kAbort:
      break;
  }
  abort_canary(by, who + " ended the trial, " + where);
  return *last_canary_;
}

}  // namespace gateway
