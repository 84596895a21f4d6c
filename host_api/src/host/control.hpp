// Everything an operator does to a slot, one thing at a time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "canary/canary_json.hpp"
#include "canary/canary_run.hpp"
#include "execution/breadcrumbs.hpp"
#include "gateway/host.hpp"
#include "host/boot_record.hpp"
#include "host/configured_file.hpp"
#include "host/importer.hpp"
#include "host/loader.hpp"
#include "host/release_store.hpp"
#include "host/swapper.hpp"
#include "host/watch.hpp"
#include "host/watcher.hpp"

namespace gateway {

// The control side of a host: releases on disk, boot, install, swap, rollback, the configured file.
//
// Thread rule: any. Operations take turns, so that a plugin's [control] hooks run on one thread at
// a time; status(), releases() and history() never wait for one: they answer as of the end of the
// last operation.
class Control {
 public:
  struct Options {
    std::string root;  // exists, 0700, locked by this process
    std::string plugin;
    std::string library;  // the configured file; may be empty
    std::string config_json;
    OnFileChange on_file_change = OnFileChange::kDirect;
    std::chrono::milliseconds watch_window{0};
    CanaryPolicy canary;  // of a canary that the configured file begins
    ProverOptions prover;
    SignaturePolicy signatures;
    std::function<Result<void>(const std::string& file)> backup;  // may be empty
    RunBounds first_hooks;  // what a release may take before it serves
    std::string backups;    // directory of the backups before upgrades; made when needed
    LogSink log;
  };
  struct Parts {
    Engine& engine;
    Executor& executor;
    Slot& slot;
    NodeState& node;
    Clock& clock;
    Breadcrumbs* breadcrumbs;  // of the last process and this one; may be none
  };

  // Reads what is on disk and tidies up after a crash; loads nothing yet. Errors: io_error,
  // no_space.
  static Result<std::unique_ptr<Control>> open(Options options, Parts parts);

  // Brings a release up: the stable one from its kept bytes, else what can be had. Then looks at
  // the configured file. Returns the file as dealt with, for the watcher.
  std::optional<Watcher::Seen> boot();

  // See Host.
  Result<KnownRelease> install(const std::string& file);
  Result<KnownRelease> verify(const std::string& file);
  Result<KnownRelease> prove(const std::string& what);
  Result<std::vector<std::string>> ask(const std::string& what,
                                       const std::vector<ToolQuestion>& questions);
  Result<KnownRelease> swap(const std::string& what);
  Result<KnownRelease> upgrade(const std::string& what);
  Result<RolledBack> rollback();
  Result<void> reconfigure(const std::string& config_json);
  Result<Mark> quarantine(const std::string& what, const std::string& reason);
  Result<Mark> lift_quarantine(const std::string& what);

  Result<CanaryStatus> start_canary(const std::string& what, const CanaryPolicy& policy);
  Result<CanaryStatus> steer_canary(CanaryOrder order, const std::string& by);

  // Judges the release that is on trial and notes calls that hang: to be called often.
  void tick();

  Watcher::Verdict file_changed(const Watcher::Seen& seen);

  // Later operations are refused with shutting_down. Does not wait for the one under way.
  void refuse_later() { closed_ = true; }

  // The same, once the one under way has ended. To be called again when nothing is active any
  // more, so that status() says so.
  void close();

  SlotStatus status() const;
  std::vector<KnownRelease> releases() const;
  std::vector<HistoryEntry> history() const;
  std::vector<Mark> marks() const;
  std::optional<CanaryStatus> canary() const;

 private:
  struct Published {
    SlotStatus status;
    std::vector<KnownRelease> releases;
    std::vector<HistoryEntry> history;
    std::vector<Mark> marks;
    std::optional<CanaryStatus> canary;
  };
  class Turn;
  // A watch lasts its whole window in one process: its counts are lost with it.
  struct Watching {
    std::string sha256;
    std::uint64_t until_ns = 0;  // steady
    std::int64_t until_ms = 0;
    bool stuck = false;  // it failed, and there was no way back
  };

  Control(Options options, Parts parts, ReleaseStore releases, Loader loader, BootRecord record);

  std::optional<Watcher::Seen> boot_now();
  Result<void> boot_release(const ReleaseId& id);
  void boot_trial();
  void boot_stable();
  void boot_previous();
  void report_problems();

  std::optional<Upgrade> begun_before(const Release& from, const Release& to);
  Result<Upgrade> back_up(const Release& from, const Release& to);
  void migrate();
  void settle_upgrade();
  void conclude_upgrade(const Upgrade& upgrade, bool raised);
  void restored_before(const Upgrade& upgrade);
  Error no_way_back(const Upgrade& upgrade) const;

  void count_crashes();
  void count_crash(BootState& state, const Crash& crash);
  void drop_crashed(BootState& state, const ReleaseId& release, std::uint32_t times,
                    const std::string& how);
  std::vector<std::string> keep_deaths(const BootState& state, std::uint32_t times,
                                       const std::string& how, const std::string& reason,
                                       const std::vector<Figure>& figures);
  std::vector<HungCall> note_hung();
  bool judge_watched();

  const Trial* watching() const;
  void arm_watch();
  void end_watch();
  void fail_watch(const WatchVerdict& verdict);
  std::string keep_evidence(const Trial& trial, const WatchVerdict& verdict);
  // A way back from a release that failed its trial.
  struct WayBack {
    Swapper::Change change;
    ReleaseId from;
    std::uint64_t again_ns = 0;  // steady
  };
  Result<void> go_back(const Swapper::Change& change);
  void owe_way_back(Swapper::Change change, const ReleaseId& from, const Error& error);
  bool try_way_back();

  // How a canary comes to an end.
  struct Ending {
    std::string outcome;  // "promoted", "rolled_back", "inconclusive", "aborted"
    std::string event;    // of the decision
    std::string by = "gateway";
    std::string verdict{};  // "pass", "fail", "inconclusive"; empty: none was reached
    std::string reason{};
    bool quarantine = false;
  };

  Error canary_refused(const ReleaseId& release, const Error& error);
  Result<Release> obtain(const std::string& what);
  Result<ShadowOptions> shadow_of(const std::string& what);
  Result<Release> kept(const std::string& what) const;
  Result<void> deploy_file(const Release& release, const Swapper::Change& change);
  Result<void> begin_canary(const Release& release, const CanaryPolicy& policy,
                            const Swapper::Change& change);
  std::unique_ptr<CanaryRun> make_canary(const Release& release, const CanaryProgress& progress);
  Result<void> enter_stage(CanaryStage stage, const std::string& by, const std::string& detail);
  Result<void> enter_soak(const Release& release, HistoryEntry moved);
  void advance_canary();
  void pass_canary(const std::string& by, const std::string& detail);
  void end_canary(const Ending& ending);
  void abort_canary(const std::string& by, const std::string& reason);
  void drop_canary(const HistoryEntry& decision, const std::function<void(BootState&)>& also);
  void resume_canary();
  void settle_canary();
  void judge_canary();
  HistoryEntry canary_entry(const std::string& event, const std::string& by) const;

  RolledBack end_trial_instead();
  Result<KnownRelease> go_to_previous();
  std::optional<ReleaseId> rollback_target() const;
  Result<ReleaseId> resolve(const std::string& what) const;

  Result<Release> import(const std::string& file, bool keep);
  Result<KnownRelease> swap_file(const std::string& file);
  Result<KnownRelease> swap_release(const Release& release);
  Result<KnownRelease> finish(const std::string& verb, const Release& release,
                              const Result<void>& done);
  Error refused(const std::string& verb, const ReleaseId& release, const Error& error);

  KnownRelease known(const Release& release) const;
  SlotStatus status_now() const;
  void publish();

  const Options options_;
  Engine& engine_;
  Slot& slot_;
  Executor& executor_;
  Clock& clock_;
  Breadcrumbs* const breadcrumbs_;
  std::mutex mutex_;  // whose turn it is; guards what follows
  ReleaseStore releases_;
  Loader loader_;
  BootRecord record_;
  Importer importer_;
  Swapper swapper_;
  ConfiguredFile file_;
  std::string boot_trouble_;  // why another than the stable release booted; empty: it did
  bool bytes_lost_ = false;   // and that was because of its kept bytes
  std::atomic<bool> closed_{false};
  std::optional<Watching> watching_;         // the trial that tick() judges
  std::unique_ptr<CanaryRun> canary_;        // the same; none or one of them
  std::optional<CanaryStatus> last_canary_;  // that ended in this process
  std::optional<WayBack> owed_;              // that could not be gone yet

  mutable std::mutex published_mutex_;
  Published published_;
};

// Holds the control mutex for one operation and tells readers how it ended.
class Control::Turn {
 public:
  explicit Turn(Control& control) : control_(control), lock_(control.mutex_) {}
  ~Turn() {
    control_.settle_canary();
    control_.arm_watch();
    control_.publish();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Control& control_;
  std::lock_guard<std::mutex> lock_;
};

}  // namespace gateway
