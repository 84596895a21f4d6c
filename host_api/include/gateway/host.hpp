// The front door: a plugin in a slot, on a store, with everything a gateway does to it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/canary.hpp"
#include "gateway/engine.hpp"
#include "gateway/error.hpp"
#include "gateway/executor.hpp"
#include "gateway/journal.hpp"
#include "gateway/log.hpp"
#include "gateway/node.hpp"
#include "gateway/outbox.hpp"
#include "gateway/signature.hpp"
#include "gateway/state_dir.hpp"

namespace gateway {

enum class OnFileChange : std::uint8_t { kDirect, kCanary, kIgnore };

// What an operator tells a canary that is going on.
enum class CanaryOrder : std::uint8_t {
  kPause,  // no new call goes to the candidate, and the stage's time stands still; in a soak only that
  kResume,
  kPromote,  // now, whatever is missing: it serves, and soaks; in a soak it is good
  kAbort     // the active release, or the one before, serves alone; nothing is quarantined
};

struct HostOptions {
  NodeIdentity node;
  std::string plugin = "ansible";  // the slot's name, and the id that a library must state
  std::string library;  // the configured file: an input, imported by digest; may be empty
  std::string config_json = "{}";  // passed to the plugin's create
  OnFileChange on_file_change = OnFileChange::kDirect;
  std::string plugins_root;  // empty: <state directory>/plugins/<plugin>
  std::string prover;        // path of gateway-prover
  // Whose releases are taken in, by file or by command. Boot and rollback ask for no signature: what
  // serves already goes on when a key is withdrawn.
  SignaturePolicy signatures;
  std::chrono::milliseconds prove_timeout{5'000};
  std::chrono::milliseconds watch_every{2'000};
  std::chrono::milliseconds watch_quiet{1'000};
  // How long a release that was never marked good is watched after a direct swap; 0: not at all, it
  // is good at once.
  std::chrono::milliseconds watch_window{300'000};
  // How often some more rows of the store are verified (256); 0: never.
  std::chrono::milliseconds scrub_every{5'000};
  CanaryPolicy canary;           // of the canaries that the configured file begins
  bool sweep = true;             // run the manifest's sweeps
  OutboxDrainer::Sinks deliver;  // how the outbox's streams are carried out; empty: nothing is
  OutboxOptions outbox;
  std::function<void()> on_commit;  // after each durable commit, on the executor's thread: short
  // Handles fatal signals, so that a crash names the release in whose hook it happened and counts
  // against it at the next boot. Without it every death counts as the machine's.
  bool crash_report = false;
  // Makes a backup of the store while it is used; a one-way upgrade needs one. Called on a control
  // operation's thread. May be empty.
  std::function<Result<void>(const std::string& file)> backup;
  JournalOptions journal;
  ExecutorOptions executor;
  std::shared_ptr<Clock> clock;  // empty: the system's
  LogSink log;
};

// A release in a role, and since when it has it (Unix milliseconds; a restart does not change it).
struct RoleInfo {
  ReleaseId release;
  std::int64_t since_ms = 0;
};

// What a release on trial is going through. In a soak (after a canary) and a watch (after a direct
// swap) it serves every call.
enum class Phase : std::uint8_t { kShadow, kSplit, kSoak, kWatch };
std::string_view phase_name(Phase phase);  // "shadow", "split", "soak", "watch"
std::optional<Phase> phase_of(std::string_view name);
bool phase_serves(Phase phase);

// Where the release on trial is. Its window ends at `until_ms`; 0: not known yet.
struct TrialInfo {
  RoleInfo role;
  Phase phase = Phase::kWatch;
  std::int64_t phase_since_ms = 0;
  std::int64_t until_ms = 0;
  std::uint32_t tries = 0;  // deaths of the gateway inside this release
};

struct SlotStatus {
  std::string id;  // the slot's name
  // "active", "degraded" (serving, but the configured file was refused or is missing, the last swap
  // failed, another than the stable release had to boot, or start failed) or "none".
  std::string state;
  std::string reason;  // why degraded or none; may have several lines
  std::string path;    // the configured file
  std::optional<RoleInfo> active;
  std::optional<RoleInfo> candidate;  // judged beside the active one
  std::optional<RoleInfo> parked;     // what a rollback goes to, still loaded or not
  std::optional<TrialInfo> trial;     // of the candidate, or of the active one while it is watched
};

// One figure that a decision rests on.
struct Figure {
  std::string name;      // "internal_rate", "p99_ms", ...; the unit is in the name
  double value = 0;      // of the release on trial
  double baseline = 0;   // of the release it is compared with
  double threshold = 0;  // what `value` may not exceed
  bool exceeded = false;
};

// One line of a release's or the slot's history, newest first.
struct HistoryEntry {
  std::int64_t at_ms = 0;
  // "imported", "activated", "rolled_back", "reconfigured", "refused", "marked_good", "upgraded",
  // "migrated", "crashed" and
  // "hung" (inside that release), "canary_started", "canary_stage" (it entered one), "canary_paused", "canary_resumed",
  // "promoted", "canary_failed", "canary_inconclusive", "canary_aborted", "quarantined", "quarantine_lifted", "interrupted" (the gateway
  // ended during a swap), "state_unreadable" (state.json was put aside)
  std::string event;
  ReleaseId release;  // as far as it is known: a refused file may have no digest, version or build
  std::string detail;
  // Of a decision; empty otherwise.
  std::string by;       // "operator" | "file" (the configured one) | "gateway"
  std::string phase;    // of the trial it ends or moves on
  std::string verdict;  // "pass" | "fail" | "inconclusive"
  std::vector<Figure> figures;
  std::vector<std::string> evidence;  // paths of files
};

// Why a release may not be loaded.
struct Quarantine {
  std::int64_t since_ms = 0;
  std::string reason;
  std::string by;  // "operator" | "gateway"
};

// What is known about a digest beyond its bytes, and kept when they are not.
struct Mark {
  ReleaseId release;
  std::int64_t good_ms = 0;   // when it was marked good; 0: never
  std::uint32_t crashes = 0;  // of the gateway inside it, before it was good
  std::optional<Quarantine> quarantine;
};

// A release kept on disk.
struct KnownRelease {
  ReleaseId release;
  std::int64_t imported_ms = 0;
  std::string role;                      // "active" | "candidate" | "parked" | ""
  std::int64_t good_ms = 0;              // when it was marked good; 0: never
  std::optional<Quarantine> quarantine;  // it may not be loaded
  std::string signed_by;                 // id of the trusted key; empty: it was not signed
  std::uint32_t data_format_read_min = 0;
  std::uint32_t data_format_read_max = 0;
  std::uint32_t data_format_write = 0;
  std::uint32_t abi_major = 0;
  std::uint32_t abi_minor = 0;
};

// What a rollback did.
struct RolledBack {
  KnownRelease active;  // serves now
  std::optional<ReleaseId>
      ended;  // the canary that it ended, before its soak: the active release served all along
};

// A tool call that a release is asked outside the gateway.
struct ToolQuestion {
  std::string tool;
  std::string args_json = "{}";  // a JSON object
};

// Thread rule: call, run, ask_release, status, metrics from any thread. install, verify, swap, rollback,
// reconfigure and shutdown from any thread too, one at a time (they take turns inside).
class Host {
 public:
  // Boots the plugin (see hot-swap: state.json's stable release, or the configured file) and starts
  // sweeps and the watcher. A plugin that cannot be loaded is not an error here: status() says
  // `none` and why, calls are kNoPlugin, and a good file that appears later is activated. The state
  // directory and the plugins root stay locked until the host is destroyed.
  // Errors: storage, plugins_root (permissions).
  static Result<std::unique_ptr<Host>> open(HostOptions options, StateDir state_dir,
                                            std::unique_ptr<Engine> engine);
  ~Host();  // as shutdown(0 ms)

  void call(Request request, Completion done);
  Outcome run(Request request);

  // Imports and proves a library file; activates nothing. Installing known bytes again is fine.
  Result<KnownRelease> install(const std::string& file);

  // Verifies and proves a release anew and activates nothing: a file, which is kept from then on, or a kept release (as
  // for swap). Errors: as swap.
  Result<KnownRelease> prove(const std::string& what);

  // What a kept release (a version or a SHA-256 prefix) would answer: each tool is called in a process of its own, as
  // the operator, on an empty store; what it would write goes nowhere. The replies (refusals too) are JSON, in the order
  // of the questions.
  // Errors: not_found, ambiguous; candidate_failed (which call, and how it ended); prover_error, prove_timeout,
  // shadow_crashed, and what loading and creating the release refuse.
  Result<std::vector<std::string>> ask_release(const std::string& what,
                                               const std::vector<ToolQuestion>& questions);

  // Stages, verifies and proves a file, and keeps nothing.
  Result<KnownRelease> verify(const std::string& file);

  // Activates a file, a SHA-256 prefix (at least 6 hex digits) or a version. Already active: fine,
  // nothing happens. `what` with a slash is a file; without one a kept release goes before a file
  // of that name. Refused: the active release keeps serving, and the message says so.
  // Errors: not_found, ambiguous (lists the matches), data_format, one_way (there would be no way
  // back), and whatever stage, verify, prove and load refuse.
  Result<KnownRelease> swap(const std::string& what);

  // As swap(), but also to a release that writes a data format which the active one cannot read:
  // backs the store up first (<state directory>/backups), activates it, and has it give what is
  // stored the new format, step by step, while it serves. A rollback then is a restore of that backup
  // with the gateway stopped, which loses what was committed since; the next boot serves the old release
  // again. Nothing of it is on trial: there is nothing to go back to by itself. With a way back this
  // is a swap.
  // Errors: as swap(); no_backup, backup_failed.
  Result<KnownRelease> upgrade(const std::string& what);

  // Goes to the release that was active before, or to the last good one when that is quarantined; a
  // second one forward again. While a canary is in the shadow or the split it ends that instead, and the
  // active release stays. Needs no new proof, and never quarantines.
  // Errors: nothing_to_roll_back_to, one_way (after an upgrade; says what the way back costs), data_format, release_lost, release_damaged.
  Result<RolledBack> rollback();

  // Judges a file or a kept release (as for swap) beside the active one, and promotes it if it stands the trial. Returns
  // when the first stage has begun; canary() tells how it goes on. A canary outlives a restart.
  // Errors: already_active, canary_running, watch_running (the active release is still on trial itself), no_plugin
  // (nothing to judge it against), and as swap.
  Result<CanaryStatus> start_canary(const std::string& what, const CanaryPolicy& policy);

  // What a canary's policy is where nobody says otherwise.
  const CanaryPolicy& canary_policy() const;

  // `by`: who the history says it was. Errors: no_canary, and for kPromote as swap.
  Result<CanaryStatus> steer_canary(CanaryOrder order, const std::string& by = "operator");

  // The canary that goes on, or the last one that ended in this process.
  std::optional<CanaryStatus> canary() const;

  // Keeps a release from being loaded, whatever asks for it, until the quarantine is lifted. `what`:
  // a version, a SHA-256 prefix (at least 6 hex digits), or the whole digest of bytes not seen yet.
  // Errors: not_found, ambiguous, release_in_use (active or stable), io_error, no_space.
  Result<Mark> quarantine(const std::string& what, const std::string& reason);
  Result<Mark> lift_quarantine(const std::string& what);  // also not_quarantined

  // A second instance of the active release with another configuration, switched to and started.
  // Refused: nothing has changed. With nothing active: boots again with that configuration. Errors:
  // config_invalid (with the paths), start_failed, no_plugin.
  Result<void> reconfigure(const std::string& config_json);

  // Looks at the configured file now instead of at the next poll (SIGHUP), also at one that was refused for what may
  // have passed by now. Never waits for what comes of it.
  void recheck_file();

  SlotStatus status() const;
  std::vector<KnownRelease> releases() const;
  std::vector<HistoryEntry> history() const;
  std::vector<Mark> marks() const;  // digests marked good or quarantined, kept or not
  Slot::Lease active() const;       // empty when no plugin is loaded
  ExecutorMetrics metrics() const;
  Engine& engine();

  // Stops sweeps, deliveries and the watcher, drains calls within `limit`, runs stop and retires the plugin.
  // Later operations are refused with shutting_down. The directories are released with the host,
  // after the store is closed.
  void shutdown(std::chrono::milliseconds limit);

 private:
  struct Impl;
  explicit Host(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
