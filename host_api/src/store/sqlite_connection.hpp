// SQLite's handles as C++ objects, and its errors as StoreErrors.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/engine.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace gateway {

// A prepared statement. Reset and unbound by `Use`, so that it never keeps a lock or a caller's
// bytes.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  explicit operator bool() const { return handle_ != nullptr; }

  // One execution: bind (positions count from 1), step, read columns (from 0), reset at the end. The
  // statement may be finalized meanwhile, by its owner; then only the end of the Use is allowed.
  class Use {
   public:
    explicit Use(Statement& statement) : statement_(statement) {}
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use();

    // The bytes must live until the Use ends.
    Use& bind(int position, std::string_view blob);
    Use& bind_text(int position, std::string_view text);
    Use& bind(int position, std::uint64_t number);

    int step();  // SQLITE_ROW, SQLITE_DONE or an error

    std::string_view bytes(int column) const;  // valid until the next step
    std::uint64_t number(int column) const;

   private:
    const Statement& statement_;
  };

 private:
  sqlite3_stmt* handle_ = nullptr;
};

// An open database. Closing it never checkpoints, unless allowed (see checkpoint_on_close): only
// the writer of a healthy engine does.
// Thread rule: one thread at a time.
class Connection {
 public:
  enum class Mode { kCreate, kWrite, kRead };

  Connection() = default;
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  // kCreate and kWrite fall back to nothing: a file that cannot be written is an error. kRead sets
  // query_only.
  static StoreResult<Connection> open(const std::string& path, Mode mode, const std::string& vfs);

  sqlite3* handle() const { return handle_; }
  explicit operator bool() const { return handle_ != nullptr; }

  void checkpoint_on_close(bool allowed);

  // From now on a statement that takes long ends with GW_CANCELLED when `*stop` becomes true; null:
  // none does. `*stop` must outlive the connection's use.
  void stop_when(const std::atomic<bool>* stop);

  StoreResult<void> execute(const std::string& sql);
  StoreResult<Statement> prepare(std::string_view sql);

  // The first column of the first row, as text; nothing when there is no row.
  StoreResult<std::optional<std::string>> query(std::string_view sql);

  // What the newest failed call means: GW_NO_SPACE, GW_CORRUPT, GW_CANCELLED or GW_UNAVAILABLE, with
  // SQLite's own words after `doing`.
  StoreError error(std::string_view doing) const;

 private:
  explicit Connection(sqlite3* handle) : handle_(handle) {}
  sqlite3* handle_ = nullptr;
};

}  // namespace gateway
