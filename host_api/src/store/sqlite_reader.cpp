#include <fmt/format.h>
#include <sqlite3.h>

#include <charconv>
#include <utility>

#include "store/sealed_value.hpp"
#include "store/sqlite_readers.hpp"

namespace gateway {

namespace {

constexpr std::uint64_t kRowsPerAgeCheck = 64;

}  // namespace

SqliteReader::SqliteReader(const SqliteOptions& options)
    : path_(options.path), max_age_(options.max_snapshot_age_ms) {}

StoreResult<std::shared_ptr<SqliteReader>> SqliteReader::open(const SqliteOptions& options) {
  std::shared_ptr<SqliteReader> reader(new SqliteReader(options));
  auto connection = Connection::open(options.path, Connection::Mode::kRead, options.vfs);
  if (!connection) return connection.error();
  reader->connection_ = std::move(*connection);
  if (auto prepared = reader->prepare(); !prepared) return prepared.error();
  return reader;
}

StoreResult<void> SqliteReader::prepare() {
  const std::pair<Statement*, const char*> statements[] = {
      {&begin_, "BEGIN"},
      {&end_, "COMMIT"},
      {&sequence_, "SELECT value FROM meta WHERE name='sequence'"},
      {&get_, "SELECT v,ver FROM kv WHERE k=?1"},
      {&up_, "SELECT k,v,ver FROM kv WHERE k>=?1 ORDER BY k"},
      {&up_to_, "SELECT k,v,ver FROM kv WHERE k>=?1 AND k<?2 ORDER BY k"},
      {&down_, "SELECT k,v,ver FROM kv WHERE k>=?1 ORDER BY k DESC"},
      {&down_from_, "SELECT k,v,ver FROM kv WHERE k>=?1 AND k<?2 ORDER BY k DESC"},
  };
  for (const auto& [target, sql] : statements) {
    auto statement = connection_.prepare(sql);
    if (!statement) return statement.error();
    *target = std::move(*statement);
  }
  return {};
}

StoreResult<std::uint64_t> SqliteReader::begin() {
  const std::lock_guard lock(mutex_);
  if (!ended_.empty()) return StoreError{GW_UNAVAILABLE, ended_};
  began_ = std::chrono::steady_clock::now();
  active_ = true;
  if (Statement::Use(begin_).step() != SQLITE_DONE) return connection_.error("cannot read");
  // SQLite picks the view at the first read, not at BEGIN.
  Statement::Use use(sequence_);
  if (use.step() != SQLITE_ROW) return connection_.error("cannot read");
  return use.number(0);
}

bool SqliteReader::old() const { return std::chrono::steady_clock::now() - began_ > max_age_; }

// Called with the lock held, before and during every read.
StoreResult<void> SqliteReader::usable() {
  if (visiting_) return StoreError{GW_MISUSE, "a row visitor must not use its own snapshot"};
  if (ended_.empty() && stop_) close("the store is being closed: this view has been ended");
  if (ended_.empty() && old()) {
    close(
        fmt::format("this view of the store was open for longer than {} ms and has been ended: "
                    "it keeps the log of {} from being reused\n  open a new one",
                    max_age_.count(), path_));
  }
  if (!ended_.empty()) return StoreError{GW_UNAVAILABLE, ended_};
  return {};
}

StoreResult<std::vector<Versioned>> SqliteReader::get(std::span<const std::string_view> keys) {
  const std::lock_guard lock(mutex_);
  if (auto ready = usable(); !ready) return ready.error();
  std::vector<Versioned> found;
  found.reserve(keys.size());
  for (const std::string_view key : keys) {
    Statement::Use use(get_);
    const int result = use.bind(1, key).step();
    if (result == SQLITE_DONE) {
      found.emplace_back();
      continue;
    }
    if (result != SQLITE_ROW) {
      return connection_.error("cannot read key " + printable_key(key) + " of");
    }
    const std::uint64_t version = use.number(1);
    const auto value = unsealed(key, use.bytes(0), version);
    if (!value) return damaged_row(key);
    found.push_back({std::string(*value), version});
  }
  return found;
}

Statement& SqliteReader::scan_statement(const Range& range) {
  if (range.last.empty()) return range.reverse ? down_ : up_;
  return range.reverse ? down_from_ : up_to_;
}

StoreResult<void> SqliteReader::scan(const Range& range, const RowVisitor& visit) {
  const std::lock_guard lock(mutex_);
  if (auto ready = usable(); !ready) return ready.error();
  StoreResult<void> outcome;
  {
    Statement::Use rows(scan_statement(range));
    rows.bind(1, range.first);
    if (!range.last.empty()) rows.bind(2, range.last);
    for (std::uint64_t count = 1;; ++count) {
      const int result = rows.step();
      if (result == SQLITE_DONE) return {};
      if (result != SQLITE_ROW) return connection_.error("cannot scan");
      auto more = visit_row(rows, visit);
      if (!more) return more.error();
      if (!*more) return {};
      if (stop_ || (count % kRowsPerAgeCheck == 0 && old())) break;
    }
  }
  return usable();  // says that it was ended, and ends it
}

StoreResult<bool> SqliteReader::visit_row(Statement::Use& row, const RowVisitor& visit) {
  const std::string_view key = row.bytes(0);
  const std::uint64_t version = row.number(2);
  const auto value = unsealed(key, row.bytes(1), version);
  if (!value) return damaged_row(key);
  struct Visiting {
    bool& flag;
    explicit Visiting(bool& f) : flag(f) { flag = true; }
    ~Visiting() { flag = false; }
  } visiting(visiting_);
  return visit(key, *value, version);
}

bool SqliteReader::finish() {
  const std::lock_guard lock(mutex_);
  active_ = false;
  if (!ended_.empty() || stop_) return false;
  if (sqlite3_get_autocommit(connection_.handle()) != 0) return true;
  return Statement::Use(end_).step() == SQLITE_DONE;
}

void SqliteReader::end_if_old() {
  // `began_` belongs to the lock; who holds it looks at the age itself.
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (lock.owns_lock() && active_ && old()) (void)usable();
}

void SqliteReader::end(const std::string& why) {
  stop_ = true;
  const std::lock_guard lock(mutex_);
  close(why);
}

void SqliteReader::close(const std::string& why) {
  if (ended_.empty()) ended_ = why;
  for (Statement* statement :
       {&begin_, &end_, &sequence_, &get_, &up_, &up_to_, &down_, &down_from_}) {
    *statement = Statement();
  }
  connection_ = Connection();
}

}  // namespace gateway
