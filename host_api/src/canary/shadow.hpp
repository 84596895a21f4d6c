// Asks a candidate, out of process, what the active release was asked, and compares.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "canary/base_state.hpp"
#include "canary/compare.hpp"
#include "canary/evidence.hpp"
#include "canary/guard.hpp"
#include "canary/scoreboard.hpp"
#include "canary/shadow_link.hpp"
#include "gateway/engine.hpp"
#include "gateway/log.hpp"

namespace gateway {

// A step of the active release: the question, what it read, and its answer.
struct ShadowCase {
  wire::Question question;
  ReadLog reads;
  wire::Answer active;
  std::uint64_t base = 0;  // the commit that it ran on
  std::string tool;        // as metrics and the allow-list call it
};

// A bounded queue and one thread behind it, which owns the process: that goes on whoever has begun it. A full queue drops what comes: callers are never kept waiting.
// Thread rule: construct and destroy on one thread; everything else from any.
class Shadow {
 public:
  struct Options {
    ShadowOptions link;
    Sides sides;
    std::vector<AllowedDifference> allow;
    LogSink log;
  };

  // Starts the process. Errors: as ShadowLink::start.
  static Result<std::unique_ptr<Shadow>> start(Options options, Engine& engine,
                                               std::shared_ptr<CaseFile> file);
  ~Shadow();

  void offer(ShadowCase shadow_case);

  RecentWrites& recent() { return recent_; }

 private:
  Shadow(Options options, Engine& engine, std::shared_ptr<CaseFile> file);
  void run();
  void judge(const ShadowCase& asked);
  void answered(const ShadowCase& asked, const wire::Answer& answer);
  void broken(const ShadowCase& asked, const ShadowLink::Reply& reply);
  bool revive();

  const Options options_;
  Engine& engine_;
  const std::shared_ptr<CaseFile> file_;
  RecentWrites recent_;
  std::atomic<bool> stopping_{false};
  std::unique_ptr<ShadowLink> link_;  // null: it broke and could not be started again yet
  std::chrono::steady_clock::time_point revive_at_{};

  std::mutex mutex_;
  std::condition_variable waiting_;
  std::deque<ShadowCase> queue_;
  std::uint64_t queued_bytes_ = 0;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace gateway
