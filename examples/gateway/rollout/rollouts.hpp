// Rollouts of this gateway: one at a time, on a thread of their own, resumed after a restart.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "gateway/host.hpp"
#include "gateway/log.hpp"
#include "rollout/ground.hpp"
#include "rollout/machine.hpp"
#include "rollout/orders.hpp"
#include "rollout/store.hpp"

namespace gateway_app {

// Why a rollout cannot begin; nothing: it can. Pure.
// Errors: no_plugin, already_active, not_found, ambiguous (of a version or digest), canary_running, watch_running.
std::optional<gateway::Error> why_not_startable(const gateway::SlotStatus& slot,
                                                const std::vector<gateway::KnownRelease>& kept,
                                                const std::string& what);

// Thread rule: start, order, find from any thread, one at a time; current from any thread; attach and stop from the owner's.
class Rollouts {
 public:
  struct Options {
    std::string directory;  // of the records; made when needed
    gateway::LogSink log;
    // Told before and after each step, "<step>.begun" and "<step>.done", and within some ("canary.started"): for
    // crash tests. May be empty.
    std::function<void(const std::string&)> at_step;
  };

  explicit Rollouts(Options options);
  ~Rollouts();  // as stop()
  Rollouts(const Rollouts&) = delete;
  Rollouts& operator=(const Rollouts&) = delete;

  // The gateway is up: goes on with what was not finished.
  void attach(std::shared_ptr<gateway::Host> host, RolloutNode node,
              const std::string& plugin_config);

  // The plugin took this configuration (JSON). Thread rule: the owner's.
  void configure(const std::string& plugin_config);

  // Waits for what the step is doing; the next process goes on.
  void stop();

  // Begins a rollout. Errors: rollout_running, as why_not_startable, invalid_request (the policy), io_error.
  gateway::Result<RolloutRecord> start(RolloutPlan plan);

  // Errors: no_rollout, rollout_over, rollout_running (rollback while it runs), io_error, and what the host refuses.
  gateway::Result<RolloutRecord> order(RolloutOrder order);

  // The newest one.
  std::optional<RolloutRecord> current() const;

  // One by its id; empty: the newest. Errors: no_rollout, not_found, record_unreadable.
  gateway::Result<RolloutRecord> find(const std::string& id) const;

 private:
  gateway::Result<void> change(const RecordChange& change);
  void loop();
  bool run_step();
  bool keep(const StepEnd& end);
  bool pause_for(std::chrono::milliseconds time);
  void say(std::uint32_t level, const std::string& text) const;
  void tell(Step step, const char* when) const;
  bool idle() const;

  const Options options_;
  const RolloutStore store_;
  std::mutex writing_;        // one change at a time, down to the disk
  mutable std::mutex mutex_;  // guards what follows; never held across the disk or the host
  std::condition_variable changed_;
  std::shared_ptr<gateway::Host> host_;
  RolloutNode node_;
  bool signed_manifests_only_ = false;
  std::optional<RolloutRecord> current_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace gateway_app
