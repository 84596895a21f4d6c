#include "store/sqlite_writer.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <utility>

#include "store/sealed_value.hpp"

namespace gateway {

namespace {

constexpr int kCheckpointFrames = 1000;      // 4-7 ms each; 16,000 frames stall for 50-75 ms
constexpr int kCheckpointRetryFrames = 250;  // when readers kept the log from starting over

// A batch that erases at least as much as it puts may use the reserve.
bool makes_room(std::span<const Write> writes) {
  std::size_t erased = 0;
  for (const Write& write : writes) erased += write.value ? 0 : 1;
  return erased > 0 && erased >= writes.size() - erased;
}

}  // namespace

SqliteWriter::SqliteWriter(const SqliteOptions& options, Connection connection, SequenceFile file,
                           SequenceRecord record)
    : path_(options.path),
      connection_(std::move(connection)),
      sequence_file_(std::move(file)),
      record_(std::move(record)),
      reserve_(options.path, options.reserve_bytes),
      checkpoint_at_(kCheckpointFrames) {
  full_ = !reserve_.acquire();
}

// A writer that gave up leaves the WAL as it is, for the next open to judge.
SqliteWriter::~SqliteWriter() { connection_.checkpoint_on_close(final_.empty()); }

StoreResult<void> SqliteWriter::prepare() {
  const std::pair<Statement*, const char*> statements[] = {
      {&begin_, "BEGIN IMMEDIATE"},  // deferred, it could fail at its first write whatever happens
      {&end_, "COMMIT"},
      {&version_of_, "SELECT ver FROM kv WHERE k=?1"},
      {&put_,
       "INSERT INTO kv(k,v,ver) VALUES(?1,?2,?3) "
       "ON CONFLICT(k) DO UPDATE SET v=excluded.v, ver=excluded.ver"},
      {&erase_, "DELETE FROM kv WHERE k=?1"},
      {&set_sequence_, "UPDATE meta SET value=?1 WHERE name='sequence'"},
  };
  for (const auto& [target, sql] : statements) {
    auto statement = connection_.prepare(sql);
    if (!statement) return statement.error();
    *target = std::move(*statement);
  }
  const auto count_frames = [](void* frames, sqlite3*, const char*, int count) {
    *static_cast<int*>(frames) = count;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(connection_.handle(), count_frames, &wal_frames_);
  return {};
}

CommitOutcome SqliteWriter::commit(std::span<const Check> checks, std::span<const Write> writes) {
  if (!final_.empty()) return refused({GW_UNAVAILABLE, final_});
  if (!writes.empty() && full_ && !has_room_for(writes)) {
    return refused({GW_NO_SPACE, "the disk of " + path_ +
                                     " is full: nothing was written, reads still work\n"
                                     "  free some space; no restart is needed"});
  }
  CommitOutcome outcome = write_batch(checks, writes);
  if (outcome.kind == CommitOutcome::Kind::kFailed && outcome.error.status == GW_NO_SPACE) {
    on_disk_full();
  }
  return outcome;
}

bool SqliteWriter::has_room_for(std::span<const Write> writes) {
  if (makes_room(writes)) return true;
  full_ = !reserve_.acquire();
  return !full_;
}

CommitOutcome SqliteWriter::write_batch(std::span<const Check> checks,
                                        std::span<const Write> writes) {
  if (Statement::Use(begin_).step() != SQLITE_DONE) return commit_failed();
  auto conflicts = failed_checks(checks);
  if (!conflicts) return commit_failed();
  CommitOutcome outcome;
  if (!conflicts->empty() || writes.empty()) {
    roll_back();
    outcome.kind =
        conflicts->empty() ? CommitOutcome::Kind::kCommitted : CommitOutcome::Kind::kConflict;
    outcome.sequence = conflicts->empty() ? record_.sequence : 0;
    outcome.conflicts = std::move(*conflicts);
    return outcome;
  }
  const std::uint64_t sequence = record_.sequence + 1;
  if (!apply(writes, sequence)) return commit_failed();

  const int result = Statement::Use(end_).step();
  if (result != SQLITE_DONE) {
    // Only these two leave no doubt: the frame that ends the batch was not written. After any other
    // error it may be in the log, synced or not.
    const bool nothing_written = result == SQLITE_FULL || result == SQLITE_BUSY;
    outcome = commit_failed();
    if (!nothing_written) {
      give_up(outcome.error);
      outcome.kind = CommitOutcome::Kind::kUnknown;
    }
    return outcome;
  }
  record_.sequence = sequence;
  // A failure only makes the file lag behind; the commit itself is durable.
  (void)sequence_file_.store(record_);
  outcome.kind = CommitOutcome::Kind::kCommitted;
  outcome.sequence = sequence;
  checkpoint_when_due();
  return outcome;
}

// The value is not read here: a damaged one is found by the call that reads it.
StoreResult<std::vector<std::string>> SqliteWriter::failed_checks(std::span<const Check> checks) {
  std::vector<std::string> failed;
  for (const Check& check : checks) {
    Statement::Use use(version_of_);
    const int result = use.bind(1, check.key).step();
    if (result != SQLITE_ROW && result != SQLITE_DONE) return connection_.error("cannot read");
    const std::uint64_t version = result == SQLITE_ROW ? use.number(0) : 0;
    if (version != check.version) failed.push_back(check.key);
  }
  return failed;
}

StoreResult<void> SqliteWriter::apply(std::span<const Write> writes, std::uint64_t sequence) {
  std::string stored;
  for (const Write& write : writes) {
    Statement::Use use(write.value ? put_ : erase_);
    use.bind(1, write.key);
    if (write.value) {
      stored = sealed(write.key, *write.value, sequence);
      use.bind(2, stored).bind(3, sequence);
    }
    if (use.step() != SQLITE_DONE) return connection_.error("cannot write");
  }
  Statement::Use use(set_sequence_);
  if (use.bind(1, sequence).step() != SQLITE_DONE) return connection_.error("cannot write");
  return {};
}

// After a step that failed: nothing is committed, as long as that step was not COMMIT.
CommitOutcome SqliteWriter::commit_failed() {
  StoreError error = connection_.error("cannot commit to");
  const int code = sqlite3_errcode(connection_.handle());
  roll_back();
  if (code == SQLITE_IOERR && error.status != GW_NO_SPACE) give_up(error);
  CommitOutcome outcome = refused(std::move(error));
  outcome.passes = code == SQLITE_BUSY;
  return outcome;
}

CommitOutcome SqliteWriter::refused(StoreError error) {
  CommitOutcome outcome;
  outcome.kind = CommitOutcome::Kind::kFailed;
  outcome.error = std::move(error);
  return outcome;
}

void SqliteWriter::roll_back() {
  // Some errors have rolled back already.
  if (sqlite3_get_autocommit(connection_.handle()) == 0) {
    sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void SqliteWriter::give_up(const StoreError& cause) {
  final_ =
      "the store stopped after a failed disk operation and must be opened again (recover)\n  " +
      cause.message;
}

// The freed reserve lets the checkpoint finish; then the WAL's own blocks can be written again.
void SqliteWriter::on_disk_full() {
  full_ = true;
  reserve_.release();
  checkpoint();
}

void SqliteWriter::checkpoint_when_due() {
  if (wal_frames_ < checkpoint_at_) {
    // The log has started over.
    if (wal_frames_ < kCheckpointFrames) checkpoint_at_ = kCheckpointFrames;
    return;
  }
  checkpoint();
  checkpoint_at_ = wal_frames_ + kCheckpointRetryFrames;
}

void SqliteWriter::checkpoint() {
  const int result = sqlite3_wal_checkpoint_v2(connection_.handle(), "main",
                                               SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  // A sync that failed must not be tried again: the kernel may have dropped the pages meanwhile.
  if ((result & 0xff) == SQLITE_IOERR) give_up(connection_.error("cannot checkpoint"));
  if (result == SQLITE_FULL) {
    full_ = true;
    reserve_.release();
  }
}

}  // namespace gateway
