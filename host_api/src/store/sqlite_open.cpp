// Opening the database: is it new, is it ours, is it all there?
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "store/posix_file.hpp"
#include "store/sqlite_schema.hpp"
#include "store/sqlite_writer.hpp"

namespace gateway {

namespace {

constexpr const char* kRestore = "\n  restore the newest backup: openclaw storage restore FILE";

StoreError lost_commits(const std::string& path, std::uint64_t have, std::uint64_t had) {
  return {GW_CORRUPT,
          fmt::format("{} lost commits {}..{}: {} says that commit {} was durable, the database "
                      "ends at {}{}",
                      path, have + 1, had, SequenceFile::path_for(path), had, have, kRestore)};
}

StoreError copied_by_hand(const std::string& path, const std::string& why) {
  return {GW_CORRUPT, fmt::format("this database was copied here by hand; use `openclaw storage "
                                  "restore`\n  {}: {}\n  move the file elsewhere, then: openclaw "
                                  "storage restore FILE",
                                  path, why)};
}

StoreError not_a_store(const std::string& path) {
  return {GW_UNAVAILABLE, path +
                              " is a SQLite database of something else: expected a store of this "
                              "gateway or no file\n  set storage.path to another file"};
}

// Makes the empty file first, so that it and SQLite's files beside it get mode 0600.
StoreResult<void> create_private_file(const std::string& path) {
  auto file = open_file(path, O_RDWR | O_CREAT);
  if (!file) return file.error();
  if (::fchmod(file->get(), 0600) != 0) return file_error("set mode 0600 on", path, errno);
  return sync_directory_of(path);
}

// A new store: the sequence file is durable before there is a database it could be missing from.
StoreResult<SequenceRecord> begin_store(const std::string& path,
                                        const std::optional<SequenceRecord>& known) {
  if (known && known->sequence > 0) return lost_commits(path, 0, known->sequence);
  if (known) return *known;  // a crash came between the sequence file and the database
  const SequenceRecord record{new_store_id(), 0};
  auto created = SequenceFile::create(SequenceFile::path_for(path), record);
  if (!created) return created.error();
  return record;
}

// Compares what the database says with what the sequence file says.
StoreResult<SequenceRecord> admit(const std::string& path, const StoreMeta& meta,
                                  const std::optional<SequenceRecord>& known) {
  if (meta.role != kLiveRole) {
    return StoreError{GW_CORRUPT, path +
                                      " is a backup, not a live database\n  move it elsewhere, "
                                      "then: openclaw storage restore FILE"};
  }
  const std::string beside = SequenceFile::path_for(path);
  if (!known) {
    if (meta.sequence > 0) return copied_by_hand(path, "there is no " + beside);
    auto created = SequenceFile::create(beside, {meta.store_id, 0});
    if (!created) return created.error();
  } else if (known->store_id != meta.store_id) {
    return copied_by_hand(path, fmt::format("it is store {}, {} belongs to store {}", meta.store_id,
                                            beside, known->store_id));
  } else if (meta.sequence < known->sequence) {
    return lost_commits(path, meta.sequence, known->sequence);
  }
  return SequenceRecord{meta.store_id, meta.sequence};
}

StoreResult<SequenceRecord> admit_or_create(const std::string& path, Connection& connection,
                                            const std::optional<SequenceRecord>& known) {
  auto state = inspect_schema(connection);
  if (!state) return state.error();
  if (*state == SchemaState::kForeign) return not_a_store(path);
  if (*state == SchemaState::kOurs) {
    auto meta = read_meta(connection);
    if (!meta) return meta.error();
    auto record = admit(path, *meta, known);
    if (!record) return record;
    if (auto set = configure_writer(connection); !set) return set.error();
    return record;
  }
  auto record = begin_store(path, known);
  if (!record) return record;
  if (auto set = configure_writer(connection); !set) return set.error();
  if (auto made = create_schema(connection, record->store_id); !made) return made.error();
  return record;
}

StoreResult<void> sync_wal(Connection& connection, const std::string& path) {
  sqlite3_file* wal = nullptr;
  const int found =
      sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
  if (found != SQLITE_OK || wal == nullptr || wal->pMethods == nullptr) {
    return StoreError{GW_UNAVAILABLE, "cannot find the log of " + path + " to sync it"};
  }
  if (wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL) == SQLITE_OK) return {};
  return StoreError{GW_UNAVAILABLE, "cannot sync the log of " + path};
}

// Moves the whole WAL into the database, synced. A process that was killed between writing a commit
// and syncing it leaves one that can be read but is not durable; nobody may see it before it is.
// A full disk is no obstacle: the WAL is synced before the database grows.
//
// A stranger who reads keeps the WAL from being moved, as a whole or in part. At a start it is enough
// that it is synced. After a failure it is not: a sync that follows one that failed proves nothing
// (the kernel may have dropped the pages), only writing them anew does.
StoreResult<void> settle_wal(Connection& connection, const std::string& path,
                             SqliteWriter::After after) {
  const int result = sqlite3_wal_checkpoint_v2(connection.handle(), "main",
                                               SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (result == SQLITE_OK || result == SQLITE_FULL) return {};
  if (result == SQLITE_BUSY && after == SqliteWriter::After::kStart) {
    return sync_wal(connection, path);
  }
  return connection.error("cannot checkpoint");
}

}  // namespace

StoreResult<std::unique_ptr<SqliteWriter>> SqliteWriter::open(const SqliteOptions& options,
                                                              After after) {
  const std::string beside = SequenceFile::path_for(options.path);
  auto known = SequenceFile::read(beside);
  if (!known) return known.error();
  if (size_of_file(options.path).value_or(0) == 0) {
    auto begun = begin_store(options.path, *known);
    if (!begun) return begun.error();
    *known = *begun;
  }
  if (auto made = create_private_file(options.path); !made) return made.error();

  auto connection = Connection::open(options.path, Connection::Mode::kWrite, options.vfs);
  if (!connection) return connection.error();
  auto record = admit_or_create(options.path, *connection, *known);
  if (!record) return record.error();
  if (auto settled = settle_wal(*connection, options.path, after); !settled) return settled.error();

  auto file = SequenceFile::open(beside);
  if (!file) return file.error();
  if (auto stored = file->store(*record); !stored) return stored.error();
  std::unique_ptr<SqliteWriter> writer(
      new SqliteWriter(options, std::move(*connection), std::move(*file), std::move(*record)));
  if (auto prepared = writer->prepare(); !prepared) return prepared.error();
  return writer;
}

}  // namespace gateway
