// Makes batches durable and settles doubtful commits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "execution/batch.hpp"
#include "gateway/engine.hpp"
#include "gateway/log.hpp"

namespace gateway {

// How a commit ended, doubt removed as far as it can be.
struct Verdict {
  enum class Kind : std::uint8_t {
    kDurable,   // at `sequence`
    kConflict,  // nothing written: run the calls again
    kLost,      // was in doubt, and is known to be not written: run the calls again
    kFailed,    // nothing written; `error` says why
    kUnknown,   // written or not, and the store cannot be asked
  };
  Kind kind = Kind::kFailed;
  std::uint64_t sequence = 0;
  StoreError error;
};

// Every batch writes a key of its own (host_keys.hpp) and erases those of settled ones before it,
// so that after a doubtful commit the store itself tells whether the batch is in it.
// Thread rule: one thread, the committer's in the sense of Engine.
class Committer {
 public:
  Committer(Engine& engine, LogSink log);

  // A view of the newest durable state; recovers the engine first when its last failure demands it.
  StoreResult<std::unique_ptr<Snapshot>> snapshot();

  Verdict commit(const Batch& batch);

 private:
  std::vector<Write> with_host_keys(const Batch& batch, const std::string& batch_key) const;
  Verdict settle(const std::string& batch_key, StoreError doubt);
  StoreResult<void> learn(Snapshot& snapshot);
  void log(std::uint32_t level, const std::string& text) const;

  Engine& engine_;
  const LogSink log_;
  const std::string process_id_;  // makes batch ids unique over restarts
  std::uint64_t batches_ = 0;
  std::vector<std::string> old_batch_keys_;  // in the store, and nobody asks for them any more
  std::int64_t clock_ms_ = 0;                // what host/clock holds
  bool learned_ = false;                     // the two above were read from the store
  bool must_recover_ = false;
};

}  // namespace gateway
