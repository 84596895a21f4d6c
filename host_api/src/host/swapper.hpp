// Which release is active: swap, rollback, boot.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gateway/engine.hpp"
#include "gateway/executor.hpp"
#include "gateway/log.hpp"
#include "gateway/node.hpp"
#include "gateway/slot.hpp"
#include "host/boot_record.hpp"
#include "host/bounded_run.hpp"
#include "host/loader.hpp"
#include "host/release_store.hpp"

namespace gateway {

// Makes a kept and proved release the active one, in steps that can each be the last before a
// crash:
//
//     persist the intent -> load -> flip -> persist its new role -> retire the one before
//
// What serves according to state.json boots, so a process that dies before that write comes up on
// the old release and one that dies after it on the new. A step that fails leaves the active
// release serving.
// Thread rule: the control thread.
class Swapper {
 public:
  struct Parts {
    Engine& engine;
    Executor& executor;
    Slot& slot;
    NodeState& node;
    ReleaseStore& releases;
    Loader& loader;
    BootRecord& record;
    RunBounds bounds;  // of the first hooks of a release
    bool watch;        // a release that was never marked good is watched after a direct swap
    LogSink log;
  };

  // What an activation is recorded as.
  struct Change {
    std::string action = "swap";      // of the intent: "swap" | "rollback" | "boot" | "upgrade"
    std::string event = "activated";  // of the decision
    std::string detail;
    std::string by = "operator";
    // The release before cannot read what is stored from now on: no way back, and no watch. What the
    // upgrade is, written with the intent.
    std::optional<Upgrade> one_way{};
    bool must_revert = true;  // refuse when there would be no way back
    // A way back: it is gone also when it cannot be written down now. What is on disk until then boots the release
    // that was left, on trial as it was.
    bool regardless = false;
    std::optional<std::string> file{};       // digest of the configured file that asked for it
    HistoryEntry decision{};                 // phase, verdict, figures and evidence it rests on
    std::function<void(BootState&)> also{};  // in the same write, before the release takes its role
  };

  Swapper(Parts parts, std::string config_json)
      : parts_(std::move(parts)), config_json_(std::move(config_json)) {}

  const std::string& config_json() const { return config_json_; }

  // The release that serves now; empty: none.
  std::optional<ReleaseId> active() const;

  // Serves `release` from now on. The one that is active already: only recorded.
  // Marked good before, or the first one of all: it is stable. Otherwise it is on trial (watch).
  // Errors: quarantined, data_format, one_way, storage, warm_up_failed, what Loader::load refuses,
  // io_error, no_space.
  Result<void> activate(const Release& release, const Change& change);

  // Serves this release again after a restart; state.json stays as it is. Errors: as
  // activate().
  Result<void> boot(const Release& release);

  // Whether `release` may run beside the active one and take its place. Errors: quarantined, data_format, one_way,
  // storage.
  Result<void> check(const Release& release);

  // Loads `release` as the slot's candidate; from now on it may write. Errors: as activate().
  Result<void> load_candidate(const Release& release);

  // The candidate of the record, loaded or not, serves from now on: in the soak of its trial. The release before is
  // parked. Errors: as activate(); the active release serves on, and no candidate is loaded then.
  Result<void> promote(const Release& release, const Change& change);

  // Exchanges active and parked when the parked instance is still loaded; false when it is not.
  // Errors: quarantined, data_format, storage, io_error, no_space.
  Result<bool> exchange(const Release& target, const Change& change);

  // Serves the active release with another configuration. Errors: what create and start refuse, and
  // as activate().
  Result<void> reconfigure(const std::string& config_json);

  // For when nothing is active: what the next activation is created with.
  void set_config(std::string config_json) { config_json_ = std::move(config_json); }

  // Why the plugin's start failed; empty: it did not.
  const std::string& start_trouble() const { return start_trouble_; }

 private:
  Result<std::unique_ptr<Instance>> prepare(const Release& release, const std::string& config_json);
  bool watched(const Release& release) const;
  bool is_candidate(const Release& release) const;
  Result<void> check_formats(const Release& release, bool must_revert);
  Result<void> raise_format(const Release& release);
  Result<void> persist_intent(const Release& release, const std::string& action,
                              const std::optional<Upgrade>& one_way = {});
  Result<void> persist_intent(const Release& release, const Change& change);
  Result<void> persist_flip(const Release& release, const Change& change);
  void record_change(BootState& state, const Release& release, const Change& change);
  Result<void> start();
  void start_once();
  void retire();

  Parts parts_;
  std::string config_json_;
  bool started_ = false;
  std::string start_trouble_;
};

}  // namespace gateway
