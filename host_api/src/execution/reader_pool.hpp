// The threads that run calls which commit nothing: read-only tools and dry runs.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "execution/desk.hpp"
#include "execution/post.hpp"
#include "execution/runner.hpp"
#include "gateway/engine.hpp"

namespace gateway {

// Each step gets a snapshot of its own, opened after the call left the queue and closed before its
// outcome is told; it holds durable state alone, so the outcome need not wait. A dry run's writes
// stay in a layer of its own, which its later steps see and which is dropped with it.
//
// A thread whose hook hangs is left behind, and another takes its place.
class ReaderPool {
 public:
  // `unreleased`: what the mutant reads beside the snapshot (mutants.hpp).
  ReaderPool(const ExecutorOptions& options, CallDesk& desk, StepRunner& runner, Engine& engine,
             std::function<View::Layers()> unreleased);
  ~ReaderPool();  // the desk must have been stopped, and nobody looks any more

  // Gives up the hooks that are over their limit. Returns what must be told of their calls. Thread
  // rule: the watchdog's.
  std::vector<JobPtr> look(std::chrono::milliseconds since_last, const HookLimit& limit);

 private:
  struct Reader {
    std::shared_ptr<Post> post;
    std::thread thread;
  };

  void start(Reader& reader);
  void loop(Post& post);
  bool serve(Post& post, JobPtr job);
  void advance(JobPtr job, StepResult result, std::uint64_t sequence);

  const ExecutorOptions options_;
  CallDesk& desk_;
  StepRunner& runner_;
  Engine& engine_;
  const std::function<View::Layers()> unreleased_;
  std::vector<Reader> readers_;  // look() replaces those that are left behind
};

}  // namespace gateway
