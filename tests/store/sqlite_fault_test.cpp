// A disk that is full, or fails.
#include <thread>

#include "store/sqlite_support.hpp"
#include "support/fault_vfs.hpp"

namespace {

using namespace store_test;
using test_support::FaultVfs;
using Operation = FaultVfs::Operation;
using Failure = FaultVfs::Failure;

struct FaultyPlace : Place {
  FaultVfs disk{"store_test_faults"};
  FaultyPlace() { options.vfs = disk.name(); }
};

void check_sound(SqliteEngine& engine) {
  const auto report = engine.check();
  REQUIRE(report.ok());
  for (const std::string& problem : report->problems) FAIL_CHECK(problem);
}

TEST_CASE("a full disk rejects writes and keeps reads; space returns without a restart") {
  FaultyPlace place;
  const std::string reserve = place.options.path + ".reserve";
  const auto engine = open(place.options);
  put(*engine, "k", "before");
  REQUIRE(exists(reserve));

  // Every number of writes after which the disk may be found full.
  std::uint64_t rejected = 0;
  for (std::uint64_t nth = 1; nth <= 12; ++nth) {
    place.disk.fail(Operation::kWrite, nth, Failure::kFull, true);
    for (int tries = 0; tries < 12; ++tries) {
      const CommitOutcome outcome = try_put(*engine, "k", std::string(20'000, 'x'));
      if (outcome.kind == Kind::kCommitted) continue;
      ++rejected;
      REQUIRE(outcome.kind == Kind::kFailed);
      CHECK(outcome.error.status == GW_NO_SPACE);
      CHECK_FALSE(exists(reserve));
      const auto value = get(*engine, "k");
      CHECK((value == "before" || value == std::string(20'000, 'x')));
    }
    CHECK(place.disk.failures() > 0);
    place.disk.clear();
    put(*engine, "k", "before");
    CHECK(exists(reserve));
    CHECK(get(*engine, "k") == "before");
  }
  CHECK(rejected >= 12);
  check_sound(*engine);
}

TEST_CASE("a rejected batch leaves nothing, also after opening again") {
  FaultyPlace place;
  {
    const auto engine = open(place.options);
    put(*engine, "k", "kept");
    place.disk.fail(Operation::kWrite, 2, Failure::kFull, true);
    const CommitOutcome outcome = try_put(*engine, "k", std::string(50'000, 'x'));
    REQUIRE(outcome.kind == Kind::kFailed);
    CHECK(outcome.error.status == GW_NO_SPACE);
    CHECK(contains(outcome.error.message, "full"));
    place.disk.clear();
  }
  const auto engine = open(place.options);
  CHECK(get(*engine, "k") == "kept");
  CHECK(put(*engine, "k", "next") == 2);
}

TEST_CASE("after a failed sync the outcome is unknown and nothing goes on until recover()") {
  FaultyPlace place;
  const auto engine = open(place.options);
  put(*engine, "k", "before");
  auto old = engine->snapshot();
  REQUIRE(old.ok());
  place.disk.fail(Operation::kSync, 1, Failure::kIoError, false, FaultVfs::File::kWal);
  const CommitOutcome unknown = try_put(*engine, "k", "maybe");
  CHECK(unknown.kind == Kind::kUnknown);
  CHECK(unknown.error.status == GW_UNAVAILABLE);
  CHECK(place.disk.failures() == 1);

  // The disk is fine again, but a sync that failed once is not tried a second time.
  const std::uint64_t syncs = place.disk.syncs();
  const CommitOutcome refused = try_put(*engine, "other", "x");
  CHECK(refused.kind == Kind::kFailed);
  CHECK(refused.error.status == GW_UNAVAILABLE);
  CHECK(place.disk.syncs() == syncs);
  CHECK(get(*engine, "k") == "before");

  const auto recovered = engine->recover();
  INFO((recovered ? "" : recovered.error().message));
  REQUIRE(recovered.ok());
  const std::string_view key = "k";
  const auto ended = (*old)->get(std::span(&key, 1));
  REQUIRE_FALSE(ended.ok());
  CHECK(ended.error().status == GW_UNAVAILABLE);

  // Whichever way it went, it is settled now, and the sequence goes on from there.
  const auto value = get(*engine, "k");
  REQUIRE((value == "before" || value == "maybe"));
  CHECK(put(*engine, "other", "x") == (value == "maybe" ? 3 : 2));
  check_sound(*engine);
}

TEST_CASE(
    "a write error at any point never leaves a torn batch, after recover() and after a restart") {
  FaultyPlace place;
  auto engine = open(place.options);
  std::string newest = "0";
  put(*engine, "a", newest);
  put(*engine, "z", newest);
  int unknown = 0;
  for (std::uint64_t nth = 1; nth <= 16; ++nth) {
    const std::string number = std::to_string(nth);
    const std::vector<Write> batch = {{"a", number}, {"m", std::string(9000, 'x')}, {"z", number}};
    place.disk.fail(Operation::kWrite, nth, Failure::kIoError);
    const CommitOutcome outcome = engine->commit({}, batch);
    place.disk.clear();
    if (outcome.kind == Kind::kUnknown || outcome.kind == Kind::kFailed) {
      ++unknown;
      if (nth % 2 == 0) {
        REQUIRE(engine->recover().ok());
      } else {
        engine.reset();
        engine = open(place.options);
      }
    } else {
      REQUIRE(outcome.kind == Kind::kCommitted);
    }
    const auto value = get(*engine, "a");
    REQUIRE(get(*engine, "z") == value);
    CHECK((value == number || (value == newest && outcome.kind != Kind::kCommitted)));
    newest = value.value_or("");
  }
  CHECK(unknown > 0);
  check_sound(*engine);
}

TEST_CASE("a sync that fails during a checkpoint stops the store; no commit is lost") {
  FaultyPlace place;
  const auto engine = open(place.options);
  int committed = 0;
  bool armed = false;
  CommitOutcome outcome;
  // The checkpoint comes after 1000 frames; from commit 50 on any sync of the database fails.
  for (int i = 0; i < 2000; ++i) {
    if (i == 50) {
      armed = true;
      place.disk.fail(Operation::kSync, 1, Failure::kIoError, true, FaultVfs::File::kMain);
    }
    outcome = try_put(*engine, "k" + std::to_string(i), std::string(40'000, 'x'));
    if (outcome.kind != Kind::kCommitted) break;
    ++committed;
  }
  REQUIRE(armed);
  REQUIRE(outcome.kind == Kind::kFailed);
  CHECK(outcome.error.status == GW_UNAVAILABLE);
  CHECK(place.disk.failures() == 1);
  CHECK_FALSE(engine->recover().ok());
  CHECK_FALSE(engine->snapshot().ok());
  CHECK(try_put(*engine, "k", "x").kind == Kind::kFailed);
  place.disk.clear();
  REQUIRE(engine->recover().ok());
  for (int i = 0; i < committed; ++i) REQUIRE(get(*engine, "k" + std::to_string(i)).has_value());
  CHECK(put(*engine, "k", "x") == static_cast<std::uint64_t>(committed) + 1);
  check_sound(*engine);
}

TEST_CASE("a commit is not told, and not seen, before its log is synced") {
  FaultyPlace place;
  const auto engine = open(place.options);
  put(*engine, "k", "before");
  const std::uint64_t synced = place.disk.wal_syncs_entered();
  place.disk.block_wal_sync();
  std::atomic<bool> told{false};
  std::thread committer([&] {
    try_put(*engine, "k", "after");
    told = true;
  });
  const bool blocked = place.disk.wait_until_blocked();
  const bool told_early = told;
  const auto seen = try_get(*engine, "k");
  place.disk.release();
  committer.join();
  REQUIRE(blocked);
  CHECK_FALSE(told_early);
  REQUIRE(seen.ok());
  CHECK(seen->front().value == "before");
  CHECK(place.disk.wal_syncs_entered() == synced + 1);
  CHECK(get(*engine, "k") == "after");
}

TEST_CASE("what a killed process had written but not synced is synced before anyone sees it") {
  FaultyPlace place;
  {
    const auto engine = open(place.options);
    put(*engine, "k", "1");
    for (const char* suffix : {"", "-wal", ".seq"}) {
      write_bytes(place / "copy.db" + suffix, read_bytes(place.options.path + suffix));
    }
  }
  SqliteOptions options = place.options;
  options.path = place / "copy.db";
  place.disk.fail(Operation::kSync, 1, Failure::kIoError, true, FaultVfs::File::kWal);
  CHECK(open_error(options).status == GW_UNAVAILABLE);
  place.disk.clear();
  CHECK(get(*open(options), "k") == "1");
}

}  // namespace
