// Somebody else has the database open: a sqlite3 shell, a script that copies it.
#include <sqlite3.h>

#include "store/sqlite_support.hpp"
#include "support/fault_vfs.hpp"

namespace {

using namespace store_test;
using test_support::FaultVfs;

class Stranger {
 public:
  explicit Stranger(const std::string& path) {
    REQUIRE(sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  }
  ~Stranger() { sqlite3_close(handle_); }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

  void does(const char* sql) {
    REQUIRE(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  void reads() { does("BEGIN; SELECT count(*) FROM kv"); }

 private:
  sqlite3* handle_ = nullptr;
};

struct FaultyPlace : Place {
  FaultVfs disk{"store_test_stranger"};
  FaultyPlace() { options.vfs = disk.name(); }
};

TEST_CASE("a stranger who reads the database is no obstacle to a start") {
  Place place;
  auto engine = open(place.options);
  put(*engine, "k", "1");
  Stranger stranger(place.options.path);
  stranger.reads();
  put(*engine, "k", "2");
  engine.reset();

  engine = open(place.options);
  CHECK(get(*engine, "k") == "2");
  CHECK(put(*engine, "k", "3") == 3);
  stranger.does("COMMIT");
  engine.reset();
  CHECK(get(*open(place.options), "k") == "3");
}

TEST_CASE("beside a stranger, too, nobody sees what was not synced") {
  FaultyPlace place;
  auto engine = open(place.options);
  put(*engine, "k", "1");
  Stranger stranger(place.options.path);
  stranger.reads();
  put(*engine, "k", "2");
  // The first start moves what the stranger lets it move; the next has nothing to move.
  for (int starts = 0; starts < 2; ++starts) {
    engine.reset();
    engine = open(place.options);
  }
  engine.reset();
  place.disk.fail(FaultVfs::Operation::kSync, 1, FaultVfs::Failure::kIoError, true,
                  FaultVfs::File::kWal);
  CHECK(open_error(place.options).status == GW_UNAVAILABLE);
  CHECK(place.disk.failures() > 0);
  place.disk.clear();
  CHECK(get(*open(place.options), "k") == "2");
}

TEST_CASE("a stranger's lock fails the commits under it; reads go on, and nothing is reopened") {
  Place place;
  const auto engine = open(place.options);
  put(*engine, "k", "1");
  const auto snapshot = engine->snapshot();
  REQUIRE(snapshot.ok());
  Stranger stranger(place.options.path);
  stranger.does("BEGIN IMMEDIATE");
  const CommitOutcome locked = try_put(*engine, "k", "2");
  CHECK(locked.kind == Kind::kFailed);
  CHECK(locked.passes);
  CHECK(locked.error.status == GW_UNAVAILABLE);
  CHECK(contains(locked.error.message, "another program has it locked"));
  const std::string_view key = "k";
  const auto seen = (*snapshot)->get(std::span(&key, 1));
  REQUIRE(seen.ok());
  CHECK(seen->front().value == "1");
  stranger.does("ROLLBACK");
  CHECK(put(*engine, "k", "2") == 2);
}

// What the log holds then may be in memory only, and has to go into the database as a whole.
TEST_CASE("after a failed sync the store opens again when the stranger who reads has gone") {
  FaultyPlace place;
  const auto engine = open(place.options);
  put(*engine, "k", "1");
  Stranger stranger(place.options.path);
  stranger.reads();
  place.disk.fail(FaultVfs::Operation::kSync, 1, FaultVfs::Failure::kIoError, false,
                  FaultVfs::File::kWal);
  const CommitOutcome unknown = try_put(*engine, "k", "2");
  CHECK(unknown.kind == Kind::kUnknown);
  CHECK_FALSE(unknown.passes);
  const auto refused = engine->recover();
  REQUIRE_FALSE(refused.ok());
  CHECK(contains(refused.error().message, "another program has it locked"));
  stranger.does("COMMIT");
  REQUIRE(engine->recover().ok());
  const auto value = get(*engine, "k");
  CHECK((value == "1" || value == "2"));
}

}  // namespace
