// A canary while it goes on: what runs beside the active release, and how far it has come.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "canary/canary_referee.hpp"
#include "canary/scoreboard.hpp"
#include "canary/shadow.hpp"
#include "gateway/canary.hpp"
#include "gateway/clock.hpp"
#include "gateway/engine.hpp"
#include "gateway/executor.hpp"
#include "gateway/log.hpp"
#include "gateway/slot.hpp"

namespace gateway {

// Counts and judges; it loads nothing and flips nothing, which is its owner's part.
// Thread rule: status() from any thread; everything else from the control thread.
class CanaryRun {
 public:
  struct Parts {
    Engine& engine;
    Executor& executor;
    Slot& slot;
    Clock& clock;
    LogSink log;
  };
  struct Subject {
    std::string id;
    ReleaseId active;
    ReleaseId candidate;
    CanaryPolicy policy;
    Law law;
    std::string root;  // of the evidence
    ShadowOptions shadow;
    std::int64_t started_ms = 0;
    Latencies latency_before;  // as that of a soak which goes on after a restart
  };

  CanaryRun(Parts parts, Subject subject);
  ~CanaryRun();  // as leave()
  CanaryRun(const CanaryRun&) = delete;
  CanaryRun& operator=(const CanaryRun&) = delete;

  // Begins a stage, with counters at zero. For the split the candidate is in the slot, for the soak it is active.
  // Errors: of the shadow, as Shadow::start; nothing is begun then.
  Result<void> enter(CanaryStage stage);

  // The verdict of now. A split that goes well grows meanwhile. Paused: only what has failed.
  CanaryVerdict judge();

  // Fails it for what the judge does not see.
  void condemn(CanaryMeasure measure, std::string reason);

  // Paused, no new call goes to the candidate and the stage's time stands still.
  void set_paused(bool paused);

  // The candidate runs nothing any more, in the slot or not: its calls go to the other release.
  void close();

  // As close(), and nobody stands beside the executor any more. After the flip back, if there is one.
  void leave();

  // How it ended, for status(), and why, where no rule of the verdict says it; also kept as decision.json beside the
  // evidence.
  void conclude(const std::string& outcome, const std::string& reason = {});

  CanaryStatus status() const;
  CanaryStage stage() const { return stage_; }
  const CanaryPolicy& policy() const { return subject_.policy; }
  const ReleaseId& candidate() const { return subject_.candidate; }
  std::vector<std::string> evidence() const { return file_->evidence.files(); }
  // From the soak on: what it is compared with.
  const Latencies& latency_before() const { return latency_before_; }

 private:
  Result<void> start_shadow();
  void stop_shadow();
  void apply_plan();
  std::int64_t elapsed_ms() const;
  CanaryCounters usual(const Scores& scores) const;

  Parts parts_;
  const Subject subject_;
  const std::shared_ptr<CaseFile> file_;
  const std::shared_ptr<CanaryReferee> referee_;
  std::shared_ptr<Shadow> shadow_;

  mutable std::mutex mutex_;  // for status()
  CanaryStage stage_;
  std::uint32_t share_ = 0;
  bool paused_ = false;
  bool over_ = false;
  std::string outcome_;
  std::int64_t stage_started_ms_ = 0;
  std::uint64_t clock_from_ns_ = 0;   // steady; the stage's time runs from here...
  std::int64_t clock_before_ms_ = 0;  // ... on top of this
  Latencies latency_before_;          // of the active release, until the soak replaced it
  CanaryVerdict verdict_;
};

}  // namespace gateway
