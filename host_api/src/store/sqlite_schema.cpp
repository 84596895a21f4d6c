#include "store/sqlite_schema.hpp"

#include <fmt/format.h>

#include <charconv>
#include <random>

namespace gateway {

namespace {

constexpr int kApplicationId = 0x47575331;  // "GWS1", shown by file(1)
constexpr int kFormat = 1;

#ifdef GATEWAY_MUTANT_SYNC_OFF  // a deliberately wrong build: the durability tests must fail on it
constexpr const char* kSynchronous = "OFF";
#else
constexpr const char* kSynchronous = "FULL";
#endif

StoreError incomplete(const std::string& what) {
  return {GW_CORRUPT, "the database's meta table has no valid " + what +
                          "\n  restore the newest backup: openclaw storage restore FILE"};
}

StoreResult<std::string> meta_value(Connection& connection, const std::string& name) {
  auto value = connection.query("SELECT value FROM meta WHERE name='" + name + "'");
  if (!value) return value.error();
  if (!value->has_value()) return incomplete(name);
  return **value;
}

StoreResult<std::uint64_t> meta_number(Connection& connection, const std::string& name) {
  auto text = meta_value(connection, name);
  if (!text) return text.error();
  std::uint64_t number = 0;
  const char* end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return incomplete(name);
  return number;
}

}  // namespace

std::string new_store_id() {
  std::random_device source;
  std::string id;
  for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", static_cast<std::uint32_t>(source()));
  return id;
}

StoreResult<SchemaState> inspect_schema(Connection& connection) {
  auto tables = connection.query("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tables.error();
  if (*tables == "0") return SchemaState::kEmpty;
  auto application = connection.query("PRAGMA application_id");
  if (!application) return application.error();
  if (*application != std::to_string(kApplicationId)) return SchemaState::kForeign;
  auto format = meta_number(connection, "format");
  if (!format) return format.error();
  if (*format != kFormat) {
    return StoreError{GW_UNAVAILABLE,
                      fmt::format("the database has format {}, this version reads format {}\n"
                                  "  run the version that wrote it, or restore an older backup",
                                  *format, kFormat)};
  }
  return SchemaState::kOurs;
}

StoreResult<void> configure_writer(Connection& connection) {
  // The page size comes first: it is fixed once the first page is written.
  if (auto set = connection.execute("PRAGMA page_size=8192"); !set) return set;
  auto mode = connection.query("PRAGMA journal_mode=WAL");
  if (!mode) return mode.error();
  if (*mode != "wal") {
    return StoreError{GW_UNAVAILABLE,
                      "SQLite cannot use a write-ahead log here: expected journal mode wal, got " +
                          mode->value_or("nothing") + "\n  is the directory on a network disk?"};
  }
  return connection.execute(fmt::format(
      "PRAGMA synchronous={}; PRAGMA journal_size_limit=16777216; PRAGMA cache_size=-8192",
      kSynchronous));
}

StoreResult<void> create_schema(Connection& connection, const std::string& store_id) {
  return connection.execute(fmt::format(
      "BEGIN IMMEDIATE;"
      "CREATE TABLE kv(k BLOB PRIMARY KEY, v BLOB, ver INTEGER) WITHOUT ROWID;"
      "CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
      "INSERT INTO meta VALUES('format',{}),('role','{}'),('sequence',0),('store_id','{}');"
      "PRAGMA application_id={};"
      "COMMIT",
      kFormat, kLiveRole, store_id, kApplicationId));
}

StoreResult<StoreMeta> read_meta(Connection& connection) {
  StoreMeta meta;
  auto id = meta_value(connection, "store_id");
  if (!id) return id.error();
  auto role = meta_value(connection, "role");
  if (!role) return role.error();
  auto sequence = meta_number(connection, "sequence");
  if (!sequence) return sequence.error();
  if (id->size() != 32 || id->find_first_not_of("0123456789abcdef") != std::string::npos) {
    return incomplete("store_id");
  }
  return StoreMeta{*id, *role, *sequence};
}

StoreResult<void> set_role(Connection& connection, const char* role, const std::string& store_id) {
  return connection.execute(
      fmt::format("BEGIN IMMEDIATE;"
                  "UPDATE meta SET value='{}' WHERE name='role';"
                  "UPDATE meta SET value='{}' WHERE name='store_id';"
                  "COMMIT",
                  role, store_id));
}

}  // namespace gateway
