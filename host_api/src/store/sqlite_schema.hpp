// What the database file contains, apart from the rows.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/engine.hpp"
#include "store/sqlite_connection.hpp"

namespace gateway {

// kv(k BLOB PRIMARY KEY, v BLOB, ver INTEGER) WITHOUT ROWID: the rows; v is a sealed_value.
// meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID: store_id, format, role, sequence.
struct StoreMeta {
  std::string store_id;
  std::string role;  // kLiveRole or kBackupRole
  std::uint64_t sequence = 0;
};

inline constexpr const char* kLiveRole = "live";
inline constexpr const char* kBackupRole = "backup";

enum class SchemaState {
  kEmpty,    // no table at all: new, or a crash came before the first transaction
  kOurs,     // a store; its format is one that this version reads
  kForeign,  // a SQLite database of something else
};

// 32 hex digits from the system's random source.
std::string new_store_id();

// Errors: GW_CORRUPT (not a database, damaged), GW_UNAVAILABLE (written by a newer version).
StoreResult<SchemaState> inspect_schema(Connection& connection);

// WAL, FULL, 8 KiB pages: for the one connection that writes. Measured: with 4 KiB pages documents
// of 1 KB spill to overflow pages, and the file is four times as big.
StoreResult<void> configure_writer(Connection& connection);

// Makes the tables and meta rows in one transaction.
StoreResult<void> create_schema(Connection& connection, const std::string& store_id);

StoreResult<StoreMeta> read_meta(Connection& connection);

// Turns a store into a backup or back; `connection` may write.
StoreResult<void> set_role(Connection& connection, const char* role, const std::string& store_id);

}  // namespace gateway
