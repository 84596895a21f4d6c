#include "host/boot_state.hpp"

#include <algorithm>

namespace gateway {
namespace {

constexpr std::string_view kPhaseNames[] = {"shadow", "split", "soak", "watch"};

// Marks that may be forgotten first: good ones before quarantines, old before new.
bool forget_sooner(const Mark& a, const Mark& b) {
  const bool kept_a = a.quarantine.has_value();
  const bool kept_b = b.quarantine.has_value();
  if (kept_a != kept_b) return kept_b;
  const auto when = [](const Mark& m) { return m.quarantine ? m.quarantine->since_ms : m.good_ms; };
  return when(a) < when(b);
}

}  // namespace

std::string_view phase_name(Phase phase) { return kPhaseNames[static_cast<std::size_t>(phase)]; }

std::optional<Phase> phase_of(std::string_view name) {
  const auto it = std::find(std::begin(kPhaseNames), std::end(kPhaseNames), name);
  if (it == std::end(kPhaseNames)) return std::nullopt;
  return static_cast<Phase>(it - std::begin(kPhaseNames));
}

bool phase_serves(Phase phase) { return phase == Phase::kSoak || phase == Phase::kWatch; }

std::optional<RoleInfo> BootState::serving() const {
  if (candidate && phase_serves(candidate->phase)) {
    return RoleInfo{candidate->release, candidate->since_ms};
  }
  return stable;
}

bool BootState::serves(std::string_view sha256) const {
  const auto now = serving();
  return now && now->release.sha256 == sha256;
}

const Mark* BootState::mark(std::string_view sha256) const {
  const auto it = std::find_if(marks.begin(), marks.end(),
                               [&](const Mark& m) { return m.release.sha256 == sha256; });
  return it == marks.end() ? nullptr : &*it;
}

bool BootState::good(std::string_view sha256) const {
  const Mark* known = mark(sha256);
  return known != nullptr && known->good_ms != 0 && !known->quarantine;
}

const Quarantine* BootState::quarantined(std::string_view sha256) const {
  const Mark* known = mark(sha256);
  return known != nullptr && known->quarantine ? &*known->quarantine : nullptr;
}

void BootState::make_stable(const ReleaseId& release, std::int64_t now_ms) {
  const auto before = serving();
  candidate.reset();
  if (before && before->release.sha256 == release.sha256) {
    stable = before;
  } else {
    previous.reset();
    if (before && quarantined(before->release.sha256) == nullptr) {
      previous = RoleInfo{before->release, now_ms};
    }
    stable = RoleInfo{release, now_ms};
  }
  mark_good(release, now_ms);
}

void BootState::begin_trial(const ReleaseId& release, Phase phase, std::int64_t now_ms) {
  const auto before = serving();
  const Mark* known = mark(release.sha256);
  candidate = Trial{release, phase, now_ms, now_ms, known != nullptr ? known->crashes : 0, ""};
  const auto after = serving();
  if (before && after && before->release.sha256 != after->release.sha256) {
    previous = RoleInfo{before->release, now_ms};
  }
}

void BootState::enter_phase(Phase phase, std::int64_t now_ms) {
  const auto before = serving();
  candidate->phase = phase;
  candidate->phase_since_ms = now_ms;
  if (before && !serves(before->release.sha256)) previous = RoleInfo{before->release, now_ms};
}

void BootState::pass_trial(std::int64_t now_ms) {
  make_stable(ReleaseId(candidate->release), now_ms);
}

void BootState::drop_trial(std::int64_t now_ms) {
  if (!candidate) return;
  const Trial dropped = std::move(*candidate);
  candidate.reset();
  if (!phase_serves(dropped.phase) || !stable) return;
  previous.reset();
  if (quarantined(dropped.release.sha256) == nullptr) {
    previous = RoleInfo{dropped.release, now_ms};
  }
  stable->since_ms = now_ms;
}

Mark& BootState::mark_of(const ReleaseId& release) {
  const auto it = std::find_if(marks.begin(), marks.end(),
                               [&](const Mark& m) { return m.release.sha256 == release.sha256; });
  if (it != marks.end()) {
    it->release = release;
    return *it;
  }
  if (marks.size() >= kMaxMarks) {
    marks.erase(std::min_element(marks.begin(), marks.end(), forget_sooner));
  }
  marks.push_back({release, 0, 0, std::nullopt});
  return marks.back();
}

void BootState::mark_good(const ReleaseId& release, std::int64_t now_ms) {
  Mark& mark = mark_of(release);
  if (mark.good_ms == 0) mark.good_ms = now_ms;
  mark.crashes = 0;
}

void BootState::quarantine(const ReleaseId& release, Quarantine why) {
  mark_of(release).quarantine = std::move(why);
  if (previous && previous->release.sha256 == release.sha256) previous.reset();
}

bool BootState::lift_quarantine(std::string_view sha256) {
  for (Mark& mark : marks) {
    if (mark.release.sha256 != sha256 || !mark.quarantine) continue;
    mark.quarantine.reset();
    mark.crashes = 0;
    return true;
  }
  return false;
}

std::uint32_t BootState::count_crash(const ReleaseId& release) {
  const std::uint32_t crashes = ++mark_of(release).crashes;
  if (candidate && candidate->release.sha256 == release.sha256) candidate->tries = crashes;
  return crashes;
}

void BootState::record(HistoryEntry entry) {
  decisions.insert(decisions.begin(), std::move(entry));
  if (decisions.size() > kMaxDecisions) decisions.resize(kMaxDecisions);
}

}  // namespace gateway
