// state.json: which release serves and boots, which one is on trial, and what is known about each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/host.hpp"

namespace gateway {

// A change that was begun. Found at boot, it was interrupted: what the rest of the state says
// boots, whatever was intended.
struct Intent {
  std::string action;  // "swap" | "rollback" | "boot" | "promote" | "upgrade"
  ReleaseId release;
  std::int64_t at_ms = 0;
};

// The release on trial. In a phase that serves (soak, watch) it is the active one and boots; in the
// others `stable` is and does, and the trial is resumed beside it.
struct Trial {
  ReleaseId release;
  Phase phase = Phase::kWatch;
  std::int64_t since_ms = 0;        // of the trial
  std::int64_t phase_since_ms = 0;  // of the phase
  std::uint32_t tries = 0;  // deaths of the gateway inside this release: at kMaxTries it is dropped
  std::string progress;     // what a canary needs to go on (a JSON object); empty: nothing
};

// A one-way upgrade: the release before cannot read what is stored since. It is written with the
// intent, before anything is changed, and kept afterwards, because it says what the way back costs.
struct Upgrade {
  ReleaseId from;
  ReleaseId to;
  std::uint32_t from_format = 0;  // of the store before it
  std::uint32_t to_format = 0;
  std::string backup;          // of the store before it
  std::uint64_t sequence = 0;  // the newest commit in the backup
  std::int64_t at_ms = 0;
  bool migrated = false;  // what was stored before has the new format too
};

// What must survive the process. Every change is one function below and one durable write, so that
// a gateway killed at any instruction finds one of the states in between and nothing else.
//
//     first boot          make_stable(A)                     stable A
//     direct swap         begin_trial(B, watch)              stable A  candidate B (watch)  serves B
//     canary              begin_trial(B, shadow)             stable A  candidate B (shadow) serves A
//     promote             enter_phase(soak)                  stable A  candidate B (soak)   serves B
//     the window is over  pass_trial()                       stable B  previous A
//     back                drop_trial()                       stable A
//
// `stable` is always a release marked good: the one to go back to.
struct BootState {
  std::optional<RoleInfo>
      stable;  // boots while nothing on trial serves; what a trial falls back to
  std::optional<RoleInfo> previous;  // served before what serves now; what a rollback goes to
  std::optional<Trial> candidate;
  std::optional<Intent> intent;
  std::optional<Upgrade> upgrade;  // the last one
  std::string
      file_sha256;  // digest of the configured file when it was last decided about; may be empty
  std::string file_trouble;  // why the configured file was refused; empty: it was not
  // Why the last swap failed; empty: it did not, or the configured file has asked since for what is
  // active.
  std::string swap_trouble;
  std::string crash_counted;            // the process whose crash was counted last
  std::vector<Mark> marks;              // one per digest, at most kMaxMarks
  std::vector<HistoryEntry> decisions;  // newest first, at most kMaxDecisions

  static constexpr std::size_t kMaxDecisions = 200;
  static constexpr std::size_t kMaxMarks = 512;
  static constexpr std::uint32_t kMaxTries = 2;

  // What serves and boots; none: nothing was activated yet.
  std::optional<RoleInfo> serving() const;
  bool serves(std::string_view sha256) const;

  // nullptr: nothing is known about it.
  const Mark* mark(std::string_view sha256) const;
  bool good(std::string_view sha256) const;  // marked good, and not quarantined
  const Quarantine* quarantined(std::string_view sha256) const;

  // Serves and boots from now on and counts as good; a trial ends without a verdict.
  void make_stable(const ReleaseId& release, std::int64_t now_ms);

  // Puts `release` on trial, instead of any other.
  void begin_trial(const ReleaseId& release, Phase phase, std::int64_t now_ms);
  void enter_phase(Phase phase, std::int64_t now_ms);  // there is a candidate

  // The candidate is good, and stable from now on. There is one.
  void pass_trial(std::int64_t now_ms);

  // No candidate any more: stable serves. One that served becomes `previous` (a rollback goes
  // forward again), unless it is quarantined by then.
  void drop_trial(std::int64_t now_ms);

  void mark_good(const ReleaseId& release, std::int64_t now_ms);
  void quarantine(const ReleaseId& release, Quarantine why);
  bool lift_quarantine(std::string_view sha256);  // false: it was not quarantined

  // The gateway died inside this release. Returns how often it has by now.
  std::uint32_t count_crash(const ReleaseId& release);

  void record(HistoryEntry entry);

 private:
  Mark& mark_of(const ReleaseId& release);
};

std::string to_json(const BootState& state);

// Members that it does not know are ignored. A state without marks was written before there were
// any: its stable release has served, and counts as good. Errors: bad_state.
Result<BootState> parse_boot_state(std::string_view json);

struct LoadedBootState {
  BootState state;
  std::string
      problem;  // not empty: the file could not be understood; where it was put aside, and why
};

// Reads state.json. Missing: an empty state. One that cannot be understood is renamed to
// "<path>.unreadable-<n>", so that it is neither lost nor overwritten, and reported in `problem`.
// Errors: io_error.
Result<LoadedBootState> load_boot_state(const std::string& path);

// A history of very long words is cut at its old end, so that load_boot_state() always takes what this wrote.
// Errors: io_error, no_space; the old state is in place then.
Result<void> save_boot_state(const std::string& path, const BootState& state);

}  // namespace gateway
