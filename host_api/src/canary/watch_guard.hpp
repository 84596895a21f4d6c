// The guard of a release that was swapped in directly and is being watched.
#pragma once

#include <memory>
#include <string>

#include "canary/guard.hpp"
#include "execution/job.hpp"
#include "execution/referee.hpp"
#include "gateway/executor.hpp"
#include "gateway/slot.hpp"

namespace gateway {

// A write of the watched release that breaks an invariant of the release before is counted against it. While the release
// before is still loaded, the step is run by that one instead, so that nothing wrong is written; also when it took the
// watched one so long that nobody can tell any more.
// Thread rule: any.
class WatchGuard final : public Referee {
 public:
  WatchGuard(Slot& slot, Executor& executor, Law law, std::string watched_sha256)
      : slot_(slot),
        executor_(executor),
        law_(std::move(law)),
        watched_sha256_(std::move(watched_sha256)) {}

  void assign(Job&) override {}
  StepResult run(Job& job, View& view, const StepInput& input) override;
  void merged(const std::vector<Write>&, std::uint64_t) override {}

 private:
  Slot& slot_;
  Executor& executor_;
  const Law law_;
  const std::string watched_sha256_;
};

}  // namespace gateway
