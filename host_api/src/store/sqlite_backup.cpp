#include "store/sqlite_backup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <utility>

#include "store/posix_file.hpp"
#include "store/sequence_file.hpp"
#include "store/sqlite_check.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_schema.hpp"

namespace gateway {

namespace {

constexpr int kPagesAtOnce = 256;  // 2 MiB: between two looks whether to stop

// A database file that is removed, with what SQLite keeps beside it, unless it was moved away.
class TemporaryDatabase {
 public:
  explicit TemporaryDatabase(std::string path) : path_(std::move(path)) { remove(); }
  ~TemporaryDatabase() { remove(); }
  TemporaryDatabase(const TemporaryDatabase&) = delete;
  TemporaryDatabase& operator=(const TemporaryDatabase&) = delete;
  const std::string& path() const { return path_; }

 private:
  void remove() {
    for (const char* suffix : {"", "-journal", "-wal", "-shm"}) (void)remove_file(path_ + suffix);
  }
  std::string path_;
};

StoreError unsound(const std::string& file, const SqliteCheckReport& report) {
  std::string list;
  for (const std::string& problem : report.problems) list += "\n  " + problem;
  return {GW_CORRUPT, fmt::format("{} is damaged: expected a sound store, found:{}", file, list)};
}

// Copies all pages as of one moment. A read transaction on the source keeps that moment, whatever
// is committed meanwhile.
StoreResult<void> copy_pages(Connection& source, Connection& target,
                             const std::atomic<bool>* stop) {
  if (auto begun = source.execute("BEGIN; SELECT 1 FROM meta"); !begun) return begun;
  sqlite3_backup* backup = sqlite3_backup_init(target.handle(), "main", source.handle(), "main");
  if (!backup) return target.error("cannot copy into");
  const auto stopped = [&] { return stop != nullptr && *stop; };
  int result = SQLITE_OK;
  while (result == SQLITE_OK && !stopped()) result = sqlite3_backup_step(backup, kPagesAtOnce);
  sqlite3_backup_finish(backup);
  if (result == SQLITE_OK) return StoreError{GW_CANCELLED, "the copy was given up half-way"};
  if (result != SQLITE_DONE) return target.error("cannot copy into");
  return source.execute("COMMIT");
}

// Makes `target` (a new file, 0600) a checked, synced, self-contained copy of the store behind
// `source`, with this role; an empty `store_id` keeps the source's. Returns the copy's meta.
StoreResult<StoreMeta> copy_store(Connection& source, const std::string& target, const char* role,
                                  const std::string& store_id, const std::atomic<bool>* stop) {
  StoreMeta meta;
  {
    if (auto file = open_file(target, O_RDWR | O_CREAT | O_EXCL); !file) return file.error();
    auto copy = Connection::open(target, Connection::Mode::kWrite, "");
    if (!copy) return copy.error();
    // Synced once, at the end.
    if (auto set = copy->execute("PRAGMA synchronous=OFF"); !set) return set.error();
    if (auto copied = copy_pages(source, *copy, stop); !copied) return copied.error();
    // One file, without a log beside it.
    auto mode = copy->query("PRAGMA journal_mode=DELETE");
    if (!mode) return mode.error();
    auto found = read_meta(*copy);
    if (!found) return found.error();
    meta = std::move(*found);
    if (!store_id.empty()) meta.store_id = store_id;
    meta.role = role;
    if (auto set = set_role(*copy, role, meta.store_id); !set) return set.error();
    auto report = check_store(*copy, std::nullopt, stop);
    if (!report) return report.error();
    if (!report->problems.empty()) return unsound(target, *report);
  }
  if (auto synced = sync_path(target); !synced) return synced.error();
  return meta;
}

// The first line of what SQLite said; its advice, to restore, is for a live database.
StoreError unreadable(const std::string& file, const StoreError& cause) {
  return {cause.status, file +
                            " cannot be read as a store: expected a file made by `openclaw "
                            "storage backup`\n  " +
                            cause.message.substr(0, cause.message.find('\n'))};
}

StoreResult<Connection> open_backup(const std::string& file) {
  const auto size = size_of_file(file);
  if (!size) return StoreError{GW_UNAVAILABLE, "there is no file " + file};
  if (*size == 0) return StoreError{GW_CORRUPT, file + " is empty: expected a backup"};
  auto connection = Connection::open(file, Connection::Mode::kRead, "");
  if (!connection) return unreadable(file, connection.error());
  auto state = inspect_schema(*connection);
  if (!state) return unreadable(file, state.error());
  if (*state != SchemaState::kOurs) {
    return StoreError{GW_CORRUPT,
                      file +
                          " is a SQLite database, but not a store: expected a file made by "
                          "`openclaw storage backup`"};
  }
  return connection;
}

// "<path>.before-restore", then "<path>.before-restore-2" and so on: the first that is free. A restore that was cut
// short has moved the database already; what was beside it follows it.
std::string name_for_old_files(const std::string& path) {
  const std::string first = path + ".before-restore";
  std::string name = first;
  std::string last = first;
  for (int n = 2; size_of_file(name); ++n) {
    last = std::exchange(name, first + '-' + std::to_string(n));
  }
  return size_of_file(path) ? name : last;
}

// Moves the old database aside; returns where it is. The old sequence file stays where it is until the new one takes its
// place: without it a crash in between would look like a new, empty store.
StoreResult<std::string> keep_old_files(const std::string& path) {
  const std::string kept = name_for_old_files(path);
  if (size_of_file(path)) {
    for (const char* suffix : {"-wal", "-shm", ".seq"}) {
      if (auto removed = remove_file(kept + suffix); !removed) return removed.error();
    }
    const auto record = SequenceFile::read(SequenceFile::path_for(path));
    if (record && *record) {
      auto copied = SequenceFile::create(SequenceFile::path_for(kept), **record);
      if (!copied) return copied.error();
    }
    if (auto moved = rename_file(path, kept); !moved) return moved.error();
  }
  if (size_of_file(path + "-wal")) {
    if (auto moved = rename_file(path + "-wal", kept + "-wal"); !moved) return moved.error();
  }
  if (auto removed = remove_file(path + "-shm"); !removed) return removed.error();
  return kept;
}

}  // namespace

StoreResult<SqliteCheckReport> check_live(const SqliteOptions& options,
                                          const std::atomic<bool>* stop) {
  // Read before the database, which may only be further on.
  auto beside = SequenceFile::read(SequenceFile::path_for(options.path));
  if (!beside) return beside.error();
  auto connection = Connection::open(options.path, Connection::Mode::kRead, options.vfs);
  if (!connection) return connection.error();
  return check_store(*connection, *beside, stop);
}

StoreResult<void> backup_live(const SqliteOptions& options, const std::string& file,
                              const std::atomic<bool>* stop) {
  if (size_of_file(file)) {
    return StoreError{GW_INVALID, file + " exists already: name a new file"};
  }
  auto source = Connection::open(options.path, Connection::Mode::kRead, options.vfs);
  if (!source) return source.error();
  const TemporaryDatabase copy(file + ".partial-" + new_store_id().substr(0, 8));
  auto copied = copy_store(*source, copy.path(), kBackupRole, "", stop);
  if (!copied) return copied.error();
  if (auto renamed = rename_new(copy.path(), file); !renamed) return renamed;
  return sync_directory_of(file);
}

StoreResult<std::string> restore_from(const SqliteOptions& options, const std::string& file) {
  if (same_file(file, options.path)) {
    return StoreError{GW_INVALID, file +
                                      " is the live database: move it elsewhere first, if it "
                                      "was copied there by hand"};
  }
  const TemporaryDatabase copy(options.path + ".restoring");
  StoreMeta meta;
  {
    auto source = open_backup(file);
    if (!source) {
      return StoreError{
          source.error().status,
          "restore refused, the current database is untouched\n  " + source.error().message};
    }
    // A new id: neither the old database nor a file copied by hand can pass for the restored one.
    auto copied = copy_store(*source, copy.path(), kLiveRole, new_store_id(), nullptr);
    if (!copied) {
      return StoreError{copied.error().status,
                        "restore of " + file + " refused, the current database is untouched\n  " +
                            copied.error().message};
    }
    meta = std::move(*copied);
  }
  auto kept = keep_old_files(options.path);
  if (!kept) return kept;
  auto reset =
      SequenceFile::create(SequenceFile::path_for(options.path), {meta.store_id, meta.sequence});
  if (!reset) return reset.error();
  if (auto moved = rename_file(copy.path(), options.path); !moved) return moved.error();
  if (auto synced = sync_directory_of(options.path); !synced) return synced.error();
  return size_of_file(*kept) ? kept : std::string();
}

}  // namespace gateway
