// The default engine: one SQLite file in the state directory.
#pragma once

#include <memory>
#include <string>

#include "gateway/engine.hpp"

namespace gateway {

struct SqliteOptions {
  std::string
      path;  // the database file; "<path>.seq", "<path>.reserve" and SQLite's own files lie beside it
  std::string vfs;  // name of a registered SQLite VFS (fault tests); empty = the default
  std::uint64_t reserve_bytes =
      1u << 20;  // freed when the disk is full, because even deletes need space
  std::uint32_t max_snapshot_age_ms = 5000;  // an older reader is ended: it would stop checkpoints
};

struct SqliteCheckReport {
  std::uint64_t rows = 0;
  std::uint64_t sequence = 0;
  std::vector<std::string> problems;  // empty: sound
};

// One writer connection, which also checkpoints, and a pool of read connections. WAL, synchronous=FULL, 8 KiB pages.
//
// What it detects: a value (or its key or version) that was damaged in the file (GW_CORRUPT with the key, never a wrong
// value); a tail of commits that got lost (at open, by the sequence kept in "<path>.seq"); a database file that was
// copied here by hand (at open, by the store id in the same place). What it may not notice by itself: a damaged key
// can read as absent; check() finds it.
// Thread rule: as Engine. The state directory's flock (StateDir) keeps a second process out.
class SqliteEngine final : public Engine {
 public:
  // Opens or creates the database. Errors: GW_CORRUPT (lost tail, hand-copied file, damage), GW_UNAVAILABLE.
  static StoreResult<std::unique_ptr<SqliteEngine>> open(SqliteOptions options);
  ~SqliteEngine() override;

  StoreResult<std::unique_ptr<Snapshot>> snapshot() override;
  CommitOutcome commit(std::span<const Check> checks, std::span<const Write> writes) override;
  StoreResult<void> recover() override;

  // Writes a complete, checked copy to `file` (must not exist) while the engine works on. Any thread.
  StoreResult<void> backup(const std::string& file);

  // Reads every row and verifies checksums, SQLite's own structure and the sequence. Any thread.
  StoreResult<SqliteCheckReport> check();

  // Replaces the database at `options.path` by the backup `file` after checking it; the old files are kept beside it
  // as "<path>.before-restore". No engine may be open there.
  static StoreResult<void> restore(const SqliteOptions& options, const std::string& file);

 private:
  struct Impl;
  explicit SqliteEngine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
