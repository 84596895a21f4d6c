// What has been counted in the stage of a canary that is going on.
#pragma once

#include <cstdint>
#include <mutex>

#include "canary/evidence.hpp"
#include "canary/guard.hpp"
#include "gateway/canary.hpp"

namespace gateway {

struct Scores {
  CanaryCounters active;
  CanaryCounters candidate;
  std::uint64_t shed = 0;
  std::uint64_t stale = 0;
  std::uint64_t restarts = 0;
};

// Thread rule: any.
class Scoreboard {
 public:
  template <class Change>
  void update(const Change& change) {
    const std::lock_guard lock(mutex_);
    change(scores_);
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    scores_ = {};
  }
  Scores read() const {
    const std::lock_guard lock(mutex_);
    return scores_;
  }

 private:
  mutable std::mutex mutex_;
  Scores scores_;
};

// What everybody who takes part in a canary writes to; it lives as long as the last of them.
struct CaseFile {
  CaseFile(Law judged_by, const std::string& root, const std::string& id)
      : law(std::move(judged_by)), evidence(root, id) {}
  const Law law;
  Scoreboard scores;
  EvidenceBox evidence;
};

}  // namespace gateway
