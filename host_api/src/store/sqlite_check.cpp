#include "store/sqlite_check.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "store/sealed_value.hpp"
#include "store/sqlite_schema.hpp"

namespace gateway {

namespace {

constexpr std::size_t kMaxProblems = 100;

// Collects problems; after kMaxProblems it only counts.
class Findings {
 public:
  explicit Findings(std::vector<std::string>& problems) : problems_(problems) {}
  ~Findings() {
    if (left_out_ > 0) problems_.push_back(fmt::format("and {} more", left_out_));
  }
  Findings(const Findings&) = delete;
  Findings& operator=(const Findings&) = delete;

  void add(std::string problem) {
    if (problems_.size() < kMaxProblems) {
      problems_.push_back(std::move(problem));
    } else {
      ++left_out_;
    }
  }

 private:
  std::vector<std::string>& problems_;
  std::size_t left_out_ = 0;
};

StoreResult<void> check_structure(Connection& connection, Findings& findings) {
  auto statement = connection.prepare("PRAGMA integrity_check");
  if (!statement) return statement.error();
  Statement::Use use(*statement);
  int result = SQLITE_ROW;
  while ((result = use.step()) == SQLITE_ROW) {
    if (use.bytes(0) != "ok") findings.add("structure: " + std::string(use.bytes(0)));
  }
  if (result == SQLITE_INTERRUPT) return connection.error("cannot check");
  if (result != SQLITE_DONE) findings.add("structure: " + connection.error("cannot check").message);
  return {};
}

StoreResult<std::uint64_t> check_rows(Connection& connection, std::uint64_t sequence,
                                      Findings& findings) {
  auto statement = connection.prepare("SELECT k,v,ver FROM kv ORDER BY k");
  if (!statement) return statement.error();
  Statement::Use use(*statement);
  std::uint64_t rows = 0;
  int result = SQLITE_ROW;
  while ((result = use.step()) == SQLITE_ROW) {
    ++rows;
    const std::string_view key = use.bytes(0);
    const std::uint64_t version = use.number(2);
    if (!unsealed(key, use.bytes(1), version)) {
      findings.add("row " + printable_key(key) + ": its checksum does not fit");
    } else if (version == 0 || version > sequence) {
      findings.add(fmt::format("row {}: written by commit {}, but the newest commit is {}",
                               printable_key(key), version, sequence));
    }
  }
  if (result == SQLITE_INTERRUPT) return connection.error("cannot read");
  if (result != SQLITE_DONE) findings.add("rows: " + connection.error("cannot read").message);
  return rows;
}

void compare(const StoreMeta& meta, const SequenceRecord& beside, Findings& findings) {
  if (meta.store_id != beside.store_id) {
    findings.add(fmt::format("the database is store {}, its sequence file belongs to store {}",
                             meta.store_id, beside.store_id));
  } else if (meta.sequence < beside.sequence) {
    findings.add(fmt::format("commits {}..{} are lost", meta.sequence + 1, beside.sequence));
  }
}

}  // namespace

StoreResult<SqliteCheckReport> check_store(Connection& connection,
                                           const std::optional<SequenceRecord>& beside,
                                           const std::atomic<bool>* stop) {
  connection.stop_when(stop);
  if (auto begun = connection.execute("BEGIN"); !begun) return begun.error();
  SqliteCheckReport report;
  {
    Findings findings(report.problems);
    auto meta = read_meta(connection);
    if (!meta) return meta.error();
    report.sequence = meta->sequence;
    if (beside) compare(*meta, *beside, findings);
    auto structure = check_structure(connection, findings);
    if (!structure) return structure.error();
    auto rows = check_rows(connection, meta->sequence, findings);
    if (!rows) return rows.error();
    report.rows = *rows;
  }
  if (auto ended = connection.execute("COMMIT"); !ended) return ended.error();
  return report;
}

}  // namespace gateway
