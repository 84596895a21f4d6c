// An engine without a disk: for tests, the prover and dry experiments.
#pragma once

#include <memory>
#include <mutex>

#include "gateway/engine.hpp"

namespace gateway {

// An immutable balanced tree per commit; neighbouring commits share all but the paths that changed.
// A snapshot is one pointer, a write costs O(log n) whether snapshots are open or not, and neither
// waits for the other. Durable until the process ends.
// Thread rule: as Engine.
class MemoryEngine final : public Engine {
 public:
  MemoryEngine();
  StoreResult<std::unique_ptr<Snapshot>> snapshot() override;
  CommitOutcome commit(std::span<const Check> checks, std::span<const Write> writes) override;
  StoreResult<void> recover() override { return {}; }

  struct Table;  // the rows as of one commit, immutable

 private:
  std::shared_ptr<const Table> newest();

  std::mutex mutex_;  // guards the pointer only
  std::shared_ptr<const Table> table_;
};

}  // namespace gateway
