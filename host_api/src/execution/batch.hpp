// Calls that share one commit.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "execution/job.hpp"
#include "execution/view.hpp"

namespace gateway {

// A snapshot, the layer that the batch's calls write above it, and the outcomes that wait for its
// commit. When the commit fails, the batch is dropped as a whole: nothing of its layer can reach a
// later one.
// Thread rule: the worker's.
class Batch {
 public:
  struct Held {
    JobPtr job;
    StepResult result;
    std::uint64_t ran_ns;  // steady: when its run ended
  };

  explicit Batch(std::unique_ptr<Snapshot> snapshot);

  Snapshot& snapshot() { return *snapshot_; }
  std::uint64_t base_sequence() const { return base_sequence_; }
  View::Layers layers() const;
  bool has_writes() const { return !layer_->empty(); }
  std::uint64_t bytes() const { return layer_->bytes(); }
  std::int64_t latest_now_ms() const { return latest_now_ms_; }

  // Takes a step's writes, and the checks they stand on, into the batch.
  void merge(const StepResult& result, std::int64_t now_ms);

  // Keeps an outcome until the commit. It may have seen the layer, so what it read is checked with
  // it.
  void hold(JobPtr job, StepResult result, std::uint64_t ran_ns);
  std::vector<Held>& held() { return held_; }

  // An old reader must not outlive a wait: to be called before the commit.
  void close_snapshot() { snapshot_.reset(); }

  std::vector<Check> checks() const;
  std::vector<Write> writes() const;

 private:
  void add_checks(const StepResult& result);

  std::unique_ptr<Snapshot> snapshot_;
  std::uint64_t base_sequence_;
  std::shared_ptr<Layer> layer_ = std::make_shared<Layer>();
  std::map<std::string, std::uint64_t> checks_;
  std::vector<Held> held_;
  std::int64_t latest_now_ms_ = 0;
};

}  // namespace gateway
