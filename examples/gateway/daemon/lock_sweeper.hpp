// The sweep of session locks: a thread that runs it at its cadence and reports each run to the plugin.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "common/config.hpp"
#include "daemon/logging.hpp"
#include "daemon/runtime.hpp"
#include "daemon/session_locks.hpp"

namespace gateway_app {

// Begins with a run at once.
// Thread rule: configure() from any thread; the destructor ends the thread after the run under way.
class LockSweeper {
 public:
  // `root` is $HOME/.openclaw/agents.
  LockSweeper(const Runtime& runtime, std::string root, const LockSweepConfig& config,
              const Logger& log);
  ~LockSweeper();
  LockSweeper(const LockSweeper&) = delete;
  LockSweeper& operator=(const LockSweeper&) = delete;

  // Another cadence or age, from the next run on; a sweep that was switched on runs at once.
  void configure(const LockSweepConfig& config);

 private:
  void loop();
  void run(const LockSweepConfig& config);

  const Runtime& runtime_;
  const std::string root_;
  const Logger& log_;
  std::mutex mutex_;
  std::condition_variable changed_;
  LockSweepConfig config_;
  bool ending_ = false;
  std::int64_t runs_ = 0;
  LockCounts totals_;
  std::thread thread_;
};

}  // namespace gateway_app
