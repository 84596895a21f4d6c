// Read connections, and the snapshots that use them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/engine.hpp"
#include "gateway/sqlite_engine.hpp"
#include "store/sqlite_connection.hpp"

namespace gateway {

// One read connection and the transaction on it. A snapshot owns the right to use it; the pool may
// end the transaction from another thread, also while the visitor of a scan runs: it may hang, so no
// lock is held and what it is shown is a copy.
// Thread rule: any; calls are serial behind a mutex.
class SqliteReader {
 public:
  // Opens the connection and prepares its statements.
  static StoreResult<std::shared_ptr<SqliteReader>> open(const SqliteOptions& options);

  // Begins a transaction on the newest commit; returns its sequence.
  StoreResult<std::uint64_t> begin();

  StoreResult<std::vector<Versioned>> get(std::span<const std::string_view> keys);
  StoreResult<void> scan(const Range& range, const RowVisitor& visit);

  // Ends the transaction. True: the connection is good for another one.
  bool finish();

  // Older than allowed? Then it is ended now or, while SQLite reads a row, at the next one.
  void end_if_old();

  // Ends the transaction and closes the connection, waiting for SQLite to read a row, if it does.
  void end(const std::string& why);

 private:
  explicit SqliteReader(const SqliteOptions& options);
  StoreResult<void> prepare();
  bool old() const;
  void end_when_due();
  StoreResult<void> usable();
  void close(const std::string& why);
  struct Row {
    std::string key, value;
    std::uint64_t version = 0;
  };
  StoreResult<void> copy_row(const Statement::Use& from, Row& to) const;
  bool visit_unlocked(std::unique_lock<std::mutex>& lock, const Row& row, const RowVisitor& visit);
  Statement& scan_statement(const Range& range);

  const std::string path_;
  const std::chrono::milliseconds max_age_;
  std::atomic<bool> stop_{false};  // set by another thread: a scan ends at its next row
  std::mutex mutex_;               // guards what follows
  bool visiting_ = false;          // a visitor runs, and the lock is free meanwhile
  bool active_ = false;            // between begin() and finish()
  std::chrono::steady_clock::time_point began_;
  std::string ended_;  // why there is no transaction any more
  Connection connection_;
  Statement begin_, end_, sequence_, get_;
  Statement up_, up_to_, down_, down_from_;  // scans, without and with an upper bound
};

// Thread rule: any.
class SqliteReaders : public std::enable_shared_from_this<SqliteReaders> {
 public:
  explicit SqliteReaders(SqliteOptions options) : options_(std::move(options)) {}

  // Errors: GW_UNAVAILABLE, GW_CORRUPT.
  StoreResult<std::unique_ptr<Snapshot>> snapshot();

  // Ends snapshots beyond their age, also those that a hung call holds: an open reader keeps
  // checkpoints from reusing the WAL.
  void end_old();

  // Ends every snapshot and closes every connection; snapshot() fails until resume().
  void close_all(const std::string& why);
  void resume();

 private:
  friend class SqliteSnapshot;
  void give_back(const std::shared_ptr<SqliteReader>& reader);
  StoreResult<std::shared_ptr<SqliteReader>> take();

  const SqliteOptions options_;
  std::mutex mutex_;
  std::string closed_;  // why no snapshot can be opened
  std::vector<std::shared_ptr<SqliteReader>> idle_;
  std::vector<std::shared_ptr<SqliteReader>> busy_;
};

}  // namespace gateway
