// Runs one step of a job, the same way on the worker and on the readers.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "execution/desk.hpp"
#include "execution/job.hpp"
#include "execution/transition.hpp"
#include "gateway/node.hpp"

namespace gateway {

// Thread rule: any.
class StepRunner {
 public:
  using Observer = std::function<void(const Request&, const CallTrace&)>;

  StepRunner(const ExecutorOptions& options, CallDesk& desk, const NodeState& node);

  // Runs the job's next step on `view`. A coordinator sweep on a node that may not run it is
  // refused without running.
  StepResult run(Job& job, View& view);

  // Writes the step's logs and counts its metrics; to be called once, when its outcome is certain.
  void publish(const Job& job, const StepResult& result);

  void observe(Observer observer);

 private:
  StoreResult<NodeRole> role_of(const Job& job, View& view) const;
  void count(const Job& job, const StepResult& result, std::uint64_t began_ns);
  void notify(const Request& request, const CallTrace& trace) const;

  const ExecutorOptions options_;
  CallDesk& desk_;
  const NodeState& node_;
  const crypto::Seed seed_;
  mutable std::mutex observer_mutex_;
  std::shared_ptr<const Observer> observer_;
};

// This node's role: what the store says through `view`. `tracked`: the answer is checked at commit.
StoreResult<NodeRole> read_role(const NodeState& node, const CoordinatorKey& nominated, View& view,
                                bool tracked);

}  // namespace gateway
