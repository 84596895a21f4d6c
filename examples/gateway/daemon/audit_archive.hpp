// What has left the plugin's audit log, kept in files: one per day, one record per line.
#pragma once

#include <string>

#include "daemon/work_thread.hpp"
#include "gateway/outbox.hpp"

namespace gateway_app {

// <directory>/<yyyy-mm-dd>.jsonl (0600, the directory 0700), by the day on which the record was made, UTC. A delivery is
// settled only when its lines are on the disk. One that was written but not settled before a crash is written again:
// readers tell a repetition by `taskId` and `seq`. A line that a crash cut short ends before the next one begins.
// Thread rule: deliver() from any thread; the destructor finishes what is queued.
class AuditArchive {
 public:
  explicit AuditArchive(std::string directory) : directory_(std::move(directory)) {}

  // As gateway::DeliverySink; the payload is {"records": [{"time": "yyyy-mm-dd...", ...}]}.
  void deliver(const gateway::Delivery& delivery, gateway::DeliveryDone done);

  // Appends and syncs; the result is what the delivery is settled with. Called from one thread at a time.
  gateway::DeliveryResult append(const std::string& payload_json) const;

 private:
  const std::string directory_;
  WorkThread thread_;
};

}  // namespace gateway_app
