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

// Called with the lock held.
void SqliteReader::end_when_due() {
  if (!ended_.empty()) return;
  if (stop_) return close("the store is being closed: this view has been ended");
  if (!old()) return;
  close(
      fmt::format("this view of the store was open for longer than {} ms and has been ended: it "
                  "keeps the log of {} from being reused\n  open a new one",
                  max_age_.count(), path_));
}

// Called with the lock held, before and during every read.
StoreResult<void> SqliteReader::usable() {
  if (visiting_) return StoreError{GW_MISUSE, "a row visitor must not use its own snapshot"};
  end_when_due();
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
  std::unique_lock lock(mutex_);
  if (auto ready = usable(); !ready) return ready.error();
  Statement::Use rows(scan_statement(range));
  rows.bind(1, range.first);
  if (!range.last.empty()) rows.bind(2, range.last);
  Row row;
  for (std::uint64_t count = 1;; ++count) {
    const int result = rows.step();
    if (result == SQLITE_DONE) return {};
    if (result != SQLITE_ROW) return connection_.error("cannot scan");
    if (auto copied = copy_row(rows, row); !copied) return copied;
    if (!visit_unlocked(lock, row, visit)) return {};
    if (stop_ || !ended_.empty() || count % kRowsPerAgeCheck == 0) {
      if (auto ready = usable(); !ready) return ready;
    }
  }
}

StoreResult<void> SqliteReader::copy_row(const Statement::Use& from, Row& to) const {
  const std::string_view key = from.bytes(0);
  to.version = from.number(2);
  const auto value = unsealed(key, from.bytes(1), to.version);
  if (!value) return damaged_row(key);
  to.key = key;
  to.value = *value;
  return {};
}

// The transaction may have ended when it returns.
bool SqliteReader::visit_unlocked(std::unique_lock<std::mutex>& lock, const Row& row,
                                  const RowVisitor& visit) {
  struct Visiting {
    SqliteReader& reader;
    std::unique_lock<std::mutex>& lock;
    Visiting(SqliteReader& r, std::unique_lock<std::mutex>& l) : reader(r), lock(l) {
      reader.visiting_ = true;
      lock.unlock();
    }
    ~Visiting() {
      lock.lock();
      reader.visiting_ = false;
    }
  } visiting(*this, lock);
  return visit(row.key, row.value, row.version);
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
  if (lock.owns_lock() && active_) end_when_due();
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
