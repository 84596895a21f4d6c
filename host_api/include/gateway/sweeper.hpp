// Offers the manifest's sweeps at their cadence.
#pragma once

#include <memory>

#include "gateway/executor.hpp"

namespace gateway {

// Each sweep is an ordinary call in the executor's queue. A coordinator sweep is offered only while
// this node holds the lease. A sweep that is still running is not offered again.
// Thread rule: construct, start, stop_offering and stop on one thread.
class Sweeper {
 public:
  Sweeper(Executor& executor, Slot& slot, Clock& clock, LogSink log);
  ~Sweeper();  // stops

  void start();
  // Begins no sweep any more. Does not wait for the one that is running: the executor's drain ends it.
  void stop_offering();
  void stop();  // the same, and waits for it

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
