// An engine that fails when a test says so, on top of one that works.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "gateway/engine.hpp"

namespace test_support {

enum class Fault {
  kNone,
  kConflict,     // nothing written; names no keys
  kUnknownDone,  // written, but the engine cannot say
  kUnknownLost,  // not written, and the engine cannot say
  kNoSpace,      // nothing written
  kUnavailable,  // nothing written; the engine wants recover()
  kLocked,       // nothing written; it passes by itself
};

// Thread rule: as Engine; the switches from any thread.
class FaultyEngine final : public gateway::Engine {
 public:
  explicit FaultyEngine(gateway::Engine& engine) : engine_(engine) {}

  // The next commits end like this, in turn; then they succeed again.
  void plan(std::deque<Fault> faults) {
    const std::lock_guard lock(mutex_);
    faults_ = std::move(faults);
  }
  void fail_recover(bool fail) { set(recover_fails_, fail); }
  void fail_snapshots(bool fail) { set(snapshots_fail_, fail); }

  // Every snapshot that is open now fails from its next read on, as one that is too old.
  void end_snapshots() {
    const std::lock_guard lock(mutex_);
    ++ended_up_to_;
  }

  // Commits wait before they do anything while this is on.
  void block_commits(bool block) { set(blocked_, block); }
  void wait_until_commit_blocked() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ > 0; });
  }

  unsigned commits() const {
    const std::lock_guard lock(mutex_);
    return commits_;
  }
  unsigned recoveries() const {
    const std::lock_guard lock(mutex_);
    return recoveries_;
  }
  std::vector<gateway::Check> last_checks() const {
    const std::lock_guard lock(mutex_);
    return last_checks_;
  }

  gateway::StoreResult<std::unique_ptr<gateway::Snapshot>> snapshot() override {
    unsigned number = 0;
    {
      const std::lock_guard lock(mutex_);
      if (snapshots_fail_) return gateway::StoreError{GW_UNAVAILABLE, "no snapshot"};
      number = ended_up_to_;
    }
    auto sound = engine_.snapshot();
    if (!sound) return sound;
    return std::unique_ptr<gateway::Snapshot>(
        std::make_unique<Mortal>(*this, std::move(*sound), number));
  }

  gateway::CommitOutcome commit(std::span<const gateway::Check> checks,
                                std::span<const gateway::Write> writes) override {
    using Kind = gateway::CommitOutcome::Kind;
    switch (next_fault(checks)) {
      case Fault::kNone:
        break;
      case Fault::kConflict:
        return {Kind::kConflict, 0, {}, {GW_CONFLICT, "conflict"}};
      case Fault::kUnknownDone:
        engine_.commit(checks, writes);
        [[fallthrough]];
      case Fault::kUnknownLost:
        return {Kind::kUnknown, 0, {}, {GW_UNAVAILABLE, "line dropped"}};
      case Fault::kNoSpace:
        return {Kind::kFailed, 0, {}, {GW_NO_SPACE, "the disk is full"}};
      case Fault::kUnavailable:
        return {Kind::kFailed, 0, {}, {GW_UNAVAILABLE, "I/O error"}};
      case Fault::kLocked:
        return {Kind::kFailed, 0, {}, {GW_UNAVAILABLE, "somebody has it locked"}, true};
    }
    return engine_.commit(checks, writes);
  }

  gateway::StoreResult<void> recover() override {
    {
      const std::lock_guard lock(mutex_);
      ++recoveries_;
      if (recover_fails_) return gateway::StoreError{GW_UNAVAILABLE, "still down"};
    }
    return engine_.recover();
  }

 private:
  // Thread rule: as Snapshot.
  class Mortal final : public gateway::Snapshot {
   public:
    Mortal(const FaultyEngine& engine, std::unique_ptr<gateway::Snapshot> sound, unsigned number)
        : engine_(engine), sound_(std::move(sound)), number_(number) {}
    std::uint64_t sequence() const override { return sound_->sequence(); }
    gateway::StoreResult<std::vector<gateway::Versioned>> get(
        std::span<const std::string_view> keys) override {
      if (engine_.ended(number_)) return too_old();
      return sound_->get(keys);
    }
    gateway::StoreResult<void> scan(const gateway::Range& range,
                                    const gateway::RowVisitor& visit) override {
      if (engine_.ended(number_)) return too_old();
      return sound_->scan(range, visit);
    }

   private:
    static gateway::StoreError too_old() { return {GW_UNAVAILABLE, "this view was open too long"}; }

    const FaultyEngine& engine_;
    const std::unique_ptr<gateway::Snapshot> sound_;
    const unsigned number_;
  };

  bool ended(unsigned number) const {
    const std::lock_guard lock(mutex_);
    return number < ended_up_to_;
  }

  void set(bool& flag, bool value) {
    const std::lock_guard lock(mutex_);
    flag = value;
    changed_.notify_all();
  }

  Fault next_fault(std::span<const gateway::Check> checks) {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !blocked_; });
    --waiting_;
    ++commits_;
    last_checks_.assign(checks.begin(), checks.end());
    if (faults_.empty()) return Fault::kNone;
    const Fault fault = faults_.front();
    faults_.pop_front();
    return fault;
  }

  gateway::Engine& engine_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Fault> faults_;
  std::vector<gateway::Check> last_checks_;
  bool recover_fails_ = false;
  bool snapshots_fail_ = false;
  bool blocked_ = false;
  unsigned ended_up_to_ = 0;
  unsigned waiting_ = 0;
  unsigned commits_ = 0;
  unsigned recoveries_ = 0;
};

}  // namespace test_support
