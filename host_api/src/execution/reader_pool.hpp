// The threads that run calls which commit nothing: read-only tools and dry runs.
#pragma once

#include <functional>
#include <thread>
#include <vector>

#include "execution/desk.hpp"
#include "execution/runner.hpp"
#include "gateway/engine.hpp"

namespace gateway {

// Each step gets a snapshot of its own, opened after the call left the queue and closed before its
// outcome is told; it holds durable state alone, so the outcome need not wait. A dry run's writes
// stay in a layer of its own, which its later steps see and which is dropped with it.
class ReaderPool {
 public:
  // `unreleased`: what the mutant reads beside the snapshot (mutants.hpp).
  ReaderPool(const ExecutorOptions& options, CallDesk& desk, StepRunner& runner, Engine& engine,
             std::function<View::Layers()> unreleased);
  ~ReaderPool();  // the desk must have been stopped

 private:
  void loop();
  void serve(JobPtr job);
  StoreResult<std::uint64_t> run_step_of(Job& job, StepResult& result);
  void advance(JobPtr job, StepResult result, std::uint64_t sequence);

  const ExecutorOptions options_;
  CallDesk& desk_;
  StepRunner& runner_;
  Engine& engine_;
  const std::function<View::Layers()> unreleased_;
  std::vector<std::thread> threads_;
};

}  // namespace gateway
