// Where committed state lives: the interface a database implements to carry a gateway.
//
// An engine is deliberately small. Overlay, read tracking, batching, deadlines, fairness and metrics are written once,
// above it. An existing gateway implements these two classes on its own database and runs the contract suite
// (gateway/testing/engine_contract.hpp) against it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "gateway/plugin_abi.h"

namespace gateway {

// Why a store operation failed: a negative gw_status (GW_CORRUPT, GW_NO_SPACE, GW_UNAVAILABLE, ...) and a text for
// people that names the key, file or remedy.
struct StoreError {
  gw_status status = GW_UNAVAILABLE;
  std::string message;
};

template <class T>
using StoreResult = base::Result<T, StoreError>;

// The value of a key and the sequence of the commit that wrote it. Absent: no value, version 0.
struct Versioned {
  std::optional<std::string> value;
  std::uint64_t version = 0;
};

// Keys in [first, last) in the order of unsigned bytes; an empty `last` means to the end.
struct Range {
  std::string_view first;
  std::string_view last;
  bool reverse = false;
};

// Receives one row; returns false to end the scan. The arguments live for this visit only.
using RowVisitor =
    std::function<bool(std::string_view key, std::string_view value, std::uint64_t version)>;

// A consistent view of the committed state. Cheap to open, and short-lived: an old one stops SQLite's checkpoints, so
// it must never outlive a wait.
// Thread rule: one thread at a time; any number of snapshots of one engine may be used in parallel.
class Snapshot {
 public:
  virtual ~Snapshot() = default;

  // The newest commit this view contains.
  virtual std::uint64_t sequence() const = 0;

  // Reads keys; result[i] belongs to keys[i].
  // Errors: GW_CORRUPT naming the key, GW_UNAVAILABLE.
  virtual StoreResult<std::vector<Versioned>> get(std::span<const std::string_view> keys) = 0;

  // Visits the rows of `range` in order until the visitor returns false. Errors as for get().
  virtual StoreResult<void> scan(const Range& range, const RowVisitor& visit) = 0;
};

// "At commit, `key` still has `version`" (0: is still absent).
struct Check {
  std::string key;
  std::uint64_t version = 0;
};

// Puts a value, or erases the key when there is none.
struct Write {
  std::string key;
  std::optional<std::string> value;
};

struct CommitOutcome {
  enum class Kind {
    kCommitted,  // durable; `sequence` is its place in the order of commits
    kConflict,   // nothing written; `conflicts` names the keys whose check failed
    kUnknown,    // written or not, nobody knows: call recover(), then look for the batch's own key
    kFailed,     // nothing written; `error` says why
  };
  Kind kind = Kind::kFailed;
  std::uint64_t sequence = 0;
  std::vector<std::string> conflicts;
  StoreError error;
  bool passes = false;  // kFailed: needs no recover(), as GW_NO_SPACE and GW_TOO_LARGE never do
};

class Engine {
 public:
  virtual ~Engine() = default;

  // Opens a view of the newest durable state. Errors: GW_UNAVAILABLE.
  // Thread rule: any thread.
  virtual StoreResult<std::unique_ptr<Snapshot>> snapshot() = 0;

  // Verifies every check, then applies every write as one durable batch: when this returns kCommitted, the batch
  // survives a power cut. A key is written at most once per batch. The rows get the batch's sequence as version, so
  // versions grow even across delete and re-create. Sequences begin at 1. A batch without writes only verifies, and
  // carries the sequence of the newest commit.
  // Thread rule: one thread at a time (the committer).
  virtual CommitOutcome commit(std::span<const Check> checks, std::span<const Write> writes) = 0;

  // After kUnknown, or a failure that does not pass by itself: closes everything, opens again and verifies.
  // Thread rule: the committer's thread, no commit running.
  virtual StoreResult<void> recover() = 0;
};

}  // namespace gateway
