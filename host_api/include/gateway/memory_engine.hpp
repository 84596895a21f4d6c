// An engine without a disk: for tests, the prover and dry experiments.
#pragma once

#include <map>
#include <mutex>

#include "gateway/engine.hpp"

namespace gateway {

// An ordered map, copied on write: a snapshot keeps the map it was opened on. Durable until the process ends.
// Thread rule: as Engine.
class MemoryEngine final : public Engine {
 public:
  MemoryEngine();
  StoreResult<std::unique_ptr<Snapshot>> snapshot() override;
  CommitOutcome commit(std::span<const Check> checks, std::span<const Write> writes) override;
  StoreResult<void> recover() override { return {}; }

  struct Table;  // the rows as of one commit; immutable once a snapshot shares it

 private:
  std::mutex mutex_;
  std::shared_ptr<const Table> table_;
};

}  // namespace gateway
