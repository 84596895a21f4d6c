// An engine whose views end when a read took too long, as SQLite's do, on top of one that works.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "gateway/clock.hpp"
#include "gateway/engine.hpp"

namespace test {

// Thread rule: as Engine; tire() from any thread.
class TiringEngine final : public gateway::Engine {
 public:
  TiringEngine(gateway::Engine& engine, gateway::ManualClock& clock)
      : engine_(engine), clock_(clock) {}

  // The next read of `key` takes so long by the clock, and ends its view.
  void tire(std::string key, std::int64_t ms) {
    const std::lock_guard lock(mutex_);
    key_ = std::move(key);
    ms_ = ms;
  }

  gateway::StoreResult<std::unique_ptr<gateway::Snapshot>> snapshot() override {
    auto sound = engine_.snapshot();
    if (!sound) return sound;
    return std::unique_ptr<gateway::Snapshot>(std::make_unique<View>(*this, std::move(*sound)));
  }
  gateway::CommitOutcome commit(std::span<const gateway::Check> checks,
                                std::span<const gateway::Write> writes) override {
    return engine_.commit(checks, writes);
  }
  gateway::StoreResult<void> recover() override { return engine_.recover(); }

 private:
  class View final : public gateway::Snapshot {
   public:
    View(TiringEngine& engine, std::unique_ptr<gateway::Snapshot> sound)
        : engine_(engine), sound_(std::move(sound)) {}
    std::uint64_t sequence() const override { return sound_->sequence(); }
    gateway::StoreResult<std::vector<gateway::Versioned>> get(
        std::span<const std::string_view> keys) override {
      for (const std::string_view key : keys) ended_ = ended_ || engine_.tires(key);
      if (ended_) return too_old();
      return sound_->get(keys);
    }
    gateway::StoreResult<void> scan(const gateway::Range& range,
                                    const gateway::RowVisitor& visit) override {
      if (ended_) return too_old();
      return sound_->scan(range, visit);
    }

   private:
    static gateway::StoreError too_old() { return {GW_UNAVAILABLE, "this view was open too long"}; }

    TiringEngine& engine_;
    const std::unique_ptr<gateway::Snapshot> sound_;
    bool ended_ = false;
  };

  bool tires(std::string_view key) {
    const std::lock_guard lock(mutex_);
    if (key_ != key) return false;
    key_.clear();
    clock_.advance(ms_);
    return true;
  }

  gateway::Engine& engine_;
  gateway::ManualClock& clock_;
  std::mutex mutex_;
  std::string key_;  // empty: none
  std::int64_t ms_ = 0;
};

}  // namespace test
