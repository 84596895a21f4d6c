#include "store/sqlite_connection.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <mutex>
#include <utility>

namespace gateway {

namespace {

// For a stranger's lock (a sqlite3 shell); the engine's own connections never wait for each other.
constexpr int kBusyMs = 1000;

// Memory statistics take a global lock at every allocation (a tenth of the throughput). SQLite
// takes the setting only before its first use in the process; later the default simply stays.
void configure_sqlite_once() {
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

// How often a statement asks whether it should stop: some ten thousand times a second.
constexpr int kInstructionsPerLook = 1000;

int should_stop(void* stop) {
  return static_cast<const std::atomic<bool>*>(stop)->load(std::memory_order_relaxed) ? 1 : 0;
}

// An empty view may hold a null pointer, which SQLite would bind as NULL.
const char* never_null(std::string_view bytes) { return bytes.data() ? bytes.data() : ""; }

}  // namespace

Statement::Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Statement::Use::~Use() {
  if (!statement_) return;
  sqlite3_reset(statement_.handle_);
  sqlite3_clear_bindings(statement_.handle_);
}

Statement::Use& Statement::Use::bind(int position, std::string_view blob) {
  sqlite3_bind_blob64(statement_.handle_, position, never_null(blob), blob.size(), SQLITE_STATIC);
  return *this;
}

Statement::Use& Statement::Use::bind_text(int position, std::string_view text) {
  sqlite3_bind_text64(statement_.handle_, position, never_null(text), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}

Statement::Use& Statement::Use::bind(int position, std::uint64_t number) {
  sqlite3_bind_int64(statement_.handle_, position, static_cast<sqlite3_int64>(number));
  return *this;
}

int Statement::Use::step() { return sqlite3_step(statement_.handle_); }

std::string_view Statement::Use::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_.handle_, column);
  const int size = sqlite3_column_bytes(statement_.handle_, column);
  return data ? std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size))
              : std::string_view();
}

std::uint64_t Statement::Use::number(int column) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(statement_.handle_, column));
}

Connection::Connection(Connection&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

Connection::~Connection() { sqlite3_close_v2(handle_); }

StoreResult<Connection> Connection::open(const std::string& path, Mode mode,
                                         const std::string& vfs) {
  configure_sqlite_once();
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                    (mode == Mode::kCreate ? SQLITE_OPEN_CREATE : 0);
  const int result =
      sqlite3_open_v2(path.c_str(), &handle, flags, vfs.empty() ? nullptr : vfs.c_str());
  Connection connection(handle);
  if (!handle) return StoreError{GW_UNAVAILABLE, "cannot open " + path + ": out of memory"};
  if (result != SQLITE_OK) return connection.error("cannot open");
  connection.checkpoint_on_close(false);
  sqlite3_busy_timeout(handle, kBusyMs);
  if (mode != Mode::kRead && sqlite3_db_readonly(handle, "main") == 1) {
    return StoreError{GW_UNAVAILABLE, "cannot write " + path +
                                          ": check the owner and mode of the file and its "
                                          "directory"};
  }
  // An automatic checkpoint would swallow its errors; the writer does its own.
  std::string settings =
      "PRAGMA wal_autocheckpoint=0; PRAGMA cell_size_check=ON; PRAGMA trusted_schema=OFF; "
      "PRAGMA temp_store=MEMORY;";
  if (mode == Mode::kRead) settings += "PRAGMA query_only=ON; PRAGMA cache_size=-4096;";
  if (!connection.execute(settings)) return connection.error("cannot open");
  return connection;
}

void Connection::checkpoint_on_close(bool allowed) {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, allowed ? 0 : 1, nullptr);
}

void Connection::stop_when(const std::atomic<bool>* stop) {
  sqlite3_progress_handler(handle_, kInstructionsPerLook, stop != nullptr ? should_stop : nullptr,
                           const_cast<std::atomic<bool>*>(stop));
}

StoreResult<void> Connection::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return error("cannot run \"" + sql + "\" on");
  }
  return {};
}

StoreResult<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) return error("cannot prepare \"" + std::string(sql) + "\" on");
  return Statement(statement);
}

StoreResult<std::optional<std::string>> Connection::query(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return statement.error();
  Statement::Use use(*statement);
  const int result = use.step();
  if (result == SQLITE_ROW) return std::optional(std::string(use.bytes(0)));
  if (result == SQLITE_DONE) return std::optional<std::string>();
  return error("cannot run \"" + std::string(sql) + "\" on");
}

StoreError Connection::error(std::string_view doing) const {
  const int code = sqlite3_extended_errcode(handle_);
  const int system = sqlite3_system_errno(handle_);
  const int primary = code & 0xff;
  const char* file = sqlite3_db_filename(handle_, "main");
  StoreError error;
  error.status = GW_UNAVAILABLE;
  std::string_view advice;
  if (primary == SQLITE_FULL || (primary == SQLITE_IOERR && system == ENOSPC)) {
    error.status = GW_NO_SPACE;
    advice = "\n  the disk is full: free some space; no restart is needed";
  } else if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) {
    error.status = GW_CORRUPT;
    advice = "\n  restore the newest backup: openclaw storage restore FILE";
  } else if (primary == SQLITE_BUSY) {
    advice =
        "\n  another program has it locked: end that one (a sqlite3 shell, a script that copies "
        "it)";
  } else if (primary == SQLITE_INTERRUPT) {
    error.status = GW_CANCELLED;
  }
  error.message = fmt::format("{} {}: {} (SQLite {}){}", doing, file ? file : "the database",
                              sqlite3_errmsg(handle_), code, advice);
  return error;
}

}  // namespace gateway
