// The one connection that writes and checkpoints.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "gateway/engine.hpp"
#include "gateway/sqlite_engine.hpp"
#include "store/reserve_file.hpp"
#include "store/sequence_file.hpp"
#include "store/sqlite_connection.hpp"

namespace gateway {

// Opens the database (creating it when it is new), refuses one that lost commits or was copied
// here, and commits batches.
//
// A failed sync or write is final: the writer then refuses everything, and its owner closes it and
// opens another. A full disk is not: see ReserveFile.
//
// Thread rule: one thread at a time.
class SqliteWriter {
 public:
  enum class After { kStart, kFailure };

  // After a failure the whole log must be moved into the database, which others who read it (a sqlite3
  // shell) can keep from happening. Errors: GW_CORRUPT (lost tail, hand-copied file, backup, damage),
  // GW_NO_SPACE, GW_UNAVAILABLE.
  static StoreResult<std::unique_ptr<SqliteWriter>> open(const SqliteOptions& options, After after);
  ~SqliteWriter();
  SqliteWriter(const SqliteWriter&) = delete;
  SqliteWriter& operator=(const SqliteWriter&) = delete;

  CommitOutcome commit(std::span<const Check> checks, std::span<const Write> writes);

  // The newest durable commit.
  std::uint64_t sequence() const { return record_.sequence; }
  const std::string& store_id() const { return record_.store_id; }

 private:
  SqliteWriter(const SqliteOptions& options, Connection connection, SequenceFile file,
               SequenceRecord record);

  StoreResult<void> prepare();
  bool has_room_for(std::span<const Write> writes);
  StoreResult<std::vector<std::string>> failed_checks(std::span<const Check> checks);
  StoreResult<void> apply(std::span<const Write> writes, std::uint64_t sequence);
  CommitOutcome write_batch(std::span<const Check> checks, std::span<const Write> writes);
  CommitOutcome commit_failed();
  CommitOutcome refused(StoreError error);
  void on_disk_full();
  void checkpoint();
  void checkpoint_when_due();
  void give_up(const StoreError& cause);
  void roll_back();

  std::string path_;
  Connection connection_;
  Statement begin_, end_, version_of_, put_, erase_, set_sequence_;
  SequenceFile sequence_file_;
  SequenceRecord record_;
  ReserveFile reserve_;
  bool full_ = false;      // the reserve is given up; only batches that make room are tried
  std::string final_;      // why this writer refuses everything; empty while it works
  int wal_frames_ = 0;     // in the WAL after the newest commit, told by SQLite
  int checkpoint_at_ = 0;  // frames
};

}  // namespace gateway
