// The default engine: one SQLite file in the state directory.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gateway/engine.hpp"

namespace gateway {

struct SqliteOptions {
  // The database file. "<path>.seq" (how far it has come), "<path>.reserve" and SQLite's own files
  // lie beside it; all have mode 0600.
  std::string path{};
  std::string vfs{};  // name of a registered SQLite VFS (fault tests); empty = the default
  std::uint64_t reserve_bytes = 1u << 20;    // freed when the disk is full: deletes need space too
  std::uint32_t max_snapshot_age_ms = 5000;  // an older reader is ended: it would stop checkpoints
};

struct SqliteCheckReport {
  std::uint64_t rows = 0;
  std::uint64_t sequence = 0;
  std::vector<std::string> problems;  // empty: sound
};

// One writer connection, which also checkpoints, and a pool of read connections. WAL,
// synchronous=FULL, 8 KiB pages.
//
// What it detects: a value (or its key or version) that was damaged in the file (GW_CORRUPT with
// the key, never a wrong value); a tail of commits that got lost (at open, by the sequence kept in
// "<path>.seq"); a database file that was copied here by hand (at open, by the store id in the same
// place). What it may not notice by itself: a damaged key can read as absent; check() finds it.
//
// Failures: a full disk rejects writes with GW_NO_SPACE, keeps reads, and passes without a restart
// when there is space again (batches that erase at least as many keys as they put may use the
// reserve). A failed write or sync is final: commit() says kUnknown, or kFailed with GW_UNAVAILABLE
// when certainly nothing was written, and refuses everything until recover().
//
// The first engine of a process switches SQLite's memory statistics off (SQLITE_CONFIG_MEMSTATUS, a
// tenth of the throughput), unless SQLite was in use before.
//
// Thread rule: as Engine. The state directory's flock (StateDir) keeps a second process out.
class SqliteEngine final : public Engine {
 public:
  // Opens or creates the database; what it held is durable when this returns. Errors: GW_CORRUPT
  // (lost tail, hand-copied file, a backup opened as a database, damage), GW_NO_SPACE,
  // GW_UNAVAILABLE.
  static StoreResult<std::unique_ptr<SqliteEngine>> open(SqliteOptions options);
  ~SqliteEngine() override;

  // A snapshot older than max_snapshot_age_ms is ended: its reads fail with GW_UNAVAILABLE.
  StoreResult<std::unique_ptr<Snapshot>> snapshot() override;
  CommitOutcome commit(std::span<const Check> checks, std::span<const Write> writes) override;

  // Ends every open snapshot, closes everything and opens it again. When it fails, the engine stays
  // closed, and recover() may be called again.
  StoreResult<void> recover() override;

  // Writes a complete, checked, synced copy to `file` (must not exist; GW_INVALID) while the engine
  // works on. It is marked as a backup: restore() takes it, open() refuses it. Ends early with
  // GW_CANCELLED, leaving no file, when `*stop` becomes true. Any thread.
  StoreResult<void> backup(const std::string& file, const std::atomic<bool>* stop = nullptr);

  // Reads every row and verifies checksums, SQLite's own structure and the sequence. Checkpoints
  // wait meanwhile. Ends early with GW_CANCELLED when `*stop` becomes true. Any thread.
  StoreResult<SqliteCheckReport> check(const std::atomic<bool>* stop = nullptr);

  // Replaces the database at `options.path` by the backup `file` (or by a database file that was
  // copied by hand) after checking it; the old files are kept beside it as "<path>.before-restore", those of later
  // restores as "<path>.before-restore-2" and so on. Returns where the old database is; empty: there was none.
  // When `file` is refused, nothing has changed. After a crash in between, open() refuses and
  // restore() can be run again. No engine may be open there.
  static StoreResult<std::string> restore(const SqliteOptions& options, const std::string& file);

 private:
  struct Impl;
  explicit SqliteEngine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
