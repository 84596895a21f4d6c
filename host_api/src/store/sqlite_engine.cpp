#include "gateway/sqlite_engine.hpp"

#include <shared_mutex>
#include <utility>

#include "store/sqlite_backup.hpp"
#include "store/sqlite_readers.hpp"
#include "store/sqlite_writer.hpp"

namespace gateway {

struct SqliteEngine::Impl {
  SqliteOptions options;
  std::shared_ptr<SqliteReaders> readers;
  std::unique_ptr<SqliteWriter> writer;  // null after a recover() that failed

  // Held shared by backup and check, whose connections recover() must not meet.
  std::shared_mutex files;
};

SqliteEngine::SqliteEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

SqliteEngine::~SqliteEngine() {
  const std::unique_lock lock(impl_->files);
  impl_->readers->close_all("the store is closed");
  impl_->writer.reset();  // last: it may fold the log into the database
}

StoreResult<std::unique_ptr<SqliteEngine>> SqliteEngine::open(SqliteOptions options) {
  auto writer = SqliteWriter::open(options, SqliteWriter::After::kStart);
  if (!writer) return writer.error();
  auto impl = std::make_unique<Impl>();
  impl->readers = std::make_shared<SqliteReaders>(options);
  impl->options = std::move(options);
  impl->writer = std::move(*writer);
  return std::unique_ptr<SqliteEngine>(new SqliteEngine(std::move(impl)));
}

StoreResult<std::unique_ptr<Snapshot>> SqliteEngine::snapshot() {
  return impl_->readers->snapshot();
}

CommitOutcome SqliteEngine::commit(std::span<const Check> checks, std::span<const Write> writes) {
  if (!impl_->writer) {
    CommitOutcome outcome;
    outcome.error = {GW_UNAVAILABLE,
                     "the store is closed since its last recovery failed: call "
                     "recover() again"};
    return outcome;
  }
  CommitOutcome outcome = impl_->writer->commit(checks, writes);
  impl_->readers->end_old();
  return outcome;
}

StoreResult<void> SqliteEngine::recover() {
  const std::unique_lock lock(impl_->files);
  impl_->readers->close_all("the store is being opened again after a failure: try again");
  impl_->writer.reset();
  auto writer = SqliteWriter::open(impl_->options, SqliteWriter::After::kFailure);
  if (!writer) return writer.error();
  impl_->writer = std::move(*writer);
  impl_->readers->resume();
  return {};
}

StoreResult<void> SqliteEngine::backup(const std::string& file, const std::atomic<bool>* stop) {
  const std::shared_lock lock(impl_->files);
  return backup_live(impl_->options, file, stop);
}

StoreResult<SqliteCheckReport> SqliteEngine::check(const std::atomic<bool>* stop) {
  const std::shared_lock lock(impl_->files);
  return check_live(impl_->options, stop);
}

StoreResult<std::string> SqliteEngine::restore(const SqliteOptions& options,
                                               const std::string& file) {
  return restore_from(options, file);
}

}  // namespace gateway
