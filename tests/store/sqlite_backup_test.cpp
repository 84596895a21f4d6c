// Backup, restore, check.
#include <atomic>
#include <thread>

#include "store/sqlite_support.hpp"

namespace {

using namespace store_test;

TEST_CASE("a backup made while others write is one moment, and restores to it") {
  Place place;
  const std::string file = place / "backup.db";
  {
    const auto engine = open(place.options);
    for (int i = 0; i < 200; ++i) put(*engine, "old/" + std::to_string(i), std::string(2000, 'o'));
    std::atomic<bool> done{false};
    std::atomic<std::uint64_t> commits{0};
    std::thread writer([&] {
      // Each batch writes the same number twice; a torn backup would show two.
      while (!done) {
        const std::string number = std::to_string(commits + 1);
        const std::vector<Write> batch = {{"a", number}, {"z", number}};
        if (engine->commit({}, batch).kind != Kind::kCommitted) break;
        ++commits;
      }
    });
    while (commits < 5) std::this_thread::yield();
    const auto made = engine->backup(file);
    const std::uint64_t during = commits;
    while (commits < during + 5) std::this_thread::yield();
    done = true;
    writer.join();
    INFO((made ? "" : made.error().message));
    REQUIRE(made.ok());
    CHECK(get(*engine, "a") == std::to_string(commits));
  }
  const auto restored = SqliteEngine::restore(place.options, file);
  INFO((restored ? "" : restored.error().message));
  REQUIRE(restored.ok());

  const auto engine = open(place.options);
  CHECK(get(*engine, "old/199") == std::string(2000, 'o'));
  const auto number = get(*engine, "a");
  REQUIRE(number.has_value());
  CHECK(get(*engine, "z") == number);
  const auto report = engine->check();
  REQUIRE(report.ok());
  CHECK(report->problems.empty());
  CHECK(report->rows == 202);
  CHECK(report->sequence == 200 + std::stoull(*number));
  CHECK(put(*engine, "next", "x") == report->sequence + 1);
}

TEST_CASE("after a restore the old files lie beside it, and can be restored themselves") {
  Place place;
  const std::string backup = place / "backup.db";
  {
    const auto engine = open(place.options);
    put(*engine, "k", "in the backup");
    REQUIRE(engine->backup(backup).ok());
    put(*engine, "k", "after the backup");
  }
  REQUIRE(SqliteEngine::restore(place.options, backup).ok());
  CHECK(get(*open(place.options), "k") == "in the backup");
  const std::string kept = place.options.path + ".before-restore";
  REQUIRE(exists(kept));
  REQUIRE(SqliteEngine::restore(place.options, kept).ok());
  CHECK(get(*open(place.options), "k") == "after the backup");
  CHECK_FALSE(exists(place.options.path + ".restoring"));
}

TEST_CASE("every restore keeps the database that it replaces, under a name of its own") {
  Place place;
  const std::string backup = place / "backup.db";
  const auto restore = [&] { return SqliteEngine::restore(place.options, backup).value(); };
  {
    const auto engine = open(place.options);
    put(*engine, "k", "in the backup");
    REQUIRE(engine->backup(backup).ok());
    put(*engine, "k", "first");
  }
  const std::string kept = place.options.path + ".before-restore";
  CHECK(restore() == kept);
  put(*open(place.options), "k", "second");
  CHECK(restore() == kept + "-2");
  CHECK(restore() == kept + "-3");
  REQUIRE(SqliteEngine::restore(place.options, kept).ok());
  CHECK(get(*open(place.options), "k") == "first");
  REQUIRE(SqliteEngine::restore(place.options, kept + "-2").ok());
  CHECK(get(*open(place.options), "k") == "second");
}

TEST_CASE("a backup needs a new name, and leaves nothing half-made") {
  Place place;
  const auto engine = open(place.options);
  put(*engine, "k", "1");
  write_bytes(place / "taken", "something of the user's");
  const auto refused = engine->backup(place / "taken");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().status == GW_INVALID);
  CHECK(contains(refused.error().message, "exists already"));
  CHECK(read_bytes(place / "taken") == "something of the user's");
  CHECK_FALSE(engine->backup(place / "no-such-directory/backup.db").ok());
  REQUIRE(engine->backup(place / "backup.db").ok());
  for (const auto& entry : std::filesystem::directory_iterator(place.directory.path())) {
    CHECK_FALSE(contains(entry.path().string(), "partial"));
  }
}

TEST_CASE("a check and a backup end early when they are told to, and leave nothing") {
  Place place;
  const auto engine = open(place.options);
  std::vector<Write> writes;
  for (int i = 0; i < 5'000; ++i) writes.push_back({"k" + std::to_string(i), "v"});
  REQUIRE(engine->commit({}, writes).kind == Kind::kCommitted);
  const std::atomic<bool> stop{true};
  const auto report = engine->check(&stop);
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().status == GW_CANCELLED);
  const auto made = engine->backup(place / "backup.db", &stop);
  REQUIRE_FALSE(made.ok());
  CHECK(made.error().status == GW_CANCELLED);
  for (const auto& entry : std::filesystem::directory_iterator(place.directory.path())) {
    CHECK_FALSE(contains(entry.path().string(), "backup"));
  }
  const std::atomic<bool> go{false};
  REQUIRE(engine->check(&go).ok());
  CHECK(engine->backup(place / "backup.db", &go).ok());
}

TEST_CASE("a backup of a damaged store fails and says what is damaged") {
  Place place;
  {
    const auto engine = open(place.options);
    put(*engine, "k", "a value to be damaged");
  }
  std::string bytes = read_bytes(place.options.path);
  bytes[bytes.find("a value to be damaged")] = 'A';
  write_bytes(place.options.path, bytes);
  const auto engine = open(place.options);
  const auto made = engine->backup(place / "backup.db");
  REQUIRE_FALSE(made.ok());
  CHECK(made.error().status == GW_CORRUPT);
  CHECK(contains(made.error().message, "\"k\""));
  CHECK_FALSE(exists(place / "backup.db"));
}

TEST_CASE("a backup is not a live database") {
  Place place;
  {
    const auto engine = open(place.options);
    put(*engine, "k", "1");
    REQUIRE(engine->backup(place / "backup.db").ok());
  }
  SqliteOptions options;
  options.path = place / "backup.db";
  const std::string before = read_bytes(options.path);
  CHECK(contains(open_error(options).message, "is a backup"));
  CHECK(read_bytes(options.path) == before);

  // Nor when it was copied over one, with the sequence file still there.
  write_bytes(place.options.path, before);
  const StoreError error = open_error(place.options);
  CHECK(error.status == GW_CORRUPT);
  CHECK(contains(error.message, "openclaw storage restore FILE"));
}

TEST_CASE("a database copied by hand can be restored from where it was moved to") {
  Place place;
  Place other;
  {
    const auto engine = open(other.options);
    put(*engine, "k", "from elsewhere");
  }
  write_bytes(place / "moved.db", read_bytes(other.options.path));
  REQUIRE(SqliteEngine::restore(place.options, place / "moved.db").ok());
  CHECK(get(*open(place.options), "k") == "from elsewhere");
}

TEST_CASE("restore refuses what is no sound backup and leaves the current database untouched") {
  Place place;
  const std::string file = place / "backup.db";
  {
    const auto engine = open(place.options);
    for (int i = 0; i < 50; ++i) put(*engine, "k" + std::to_string(i), std::string(3000, 'v'));
    REQUIRE(engine->backup(file).ok());
    put(*engine, "k", "newer");
  }
  const std::string current = read_bytes(place.options.path);
  const std::string beside = read_bytes(place.options.path + ".seq");
  std::string expected;
  std::string bytes = read_bytes(file);

  SUBCASE("missing") {
    std::filesystem::remove(file);
    expected = "there is no file";
  }
  SUBCASE("empty") {
    write_bytes(file, "");
    expected = "is empty";
  }
  SUBCASE("not a database") {
    write_bytes(file, std::string(100'000, 'x'));
    expected = "file is not a database";
  }
  SUBCASE("cut off") {
    write_bytes(file, bytes.substr(0, bytes.size() / 2));
    expected = "refused";
  }
  SUBCASE("one value damaged") {
    bytes[bytes.find("vvvvvvvv") + 100] = 'w';
    write_bytes(file, bytes);
    expected = "checksum does not fit";
  }
  SUBCASE("a page damaged") {
    bytes.replace(8192 * 5, 4096, std::string(4096, '\x55'));
    write_bytes(file, bytes);
    expected = "refused";
  }
  const auto restored = SqliteEngine::restore(place.options, file);
  REQUIRE_FALSE(restored.ok());
  INFO(restored.error().message);
  CHECK(contains(restored.error().message, "the current database is untouched"));
  CHECK(contains(restored.error().message, expected));
  CHECK(read_bytes(place.options.path) == current);
  CHECK(read_bytes(place.options.path + ".seq") == beside);
  CHECK_FALSE(exists(place.options.path + ".restoring"));
  CHECK(get(*open(place.options), "k") == "newer");
}

TEST_CASE("restore over a store that lost commits makes it usable again") {
  Place place;
  {
    const auto engine = open(place.options);
    put(*engine, "k", "kept");
    REQUIRE(engine->backup(place / "backup.db").ok());
    put(*engine, "k", "lost");
  }
  std::filesystem::remove(place.options.path);
  CHECK(contains(open_error(place.options).message, "lost commits 1..2"));
  REQUIRE(SqliteEngine::restore(place.options, place / "backup.db").ok());
  const auto engine = open(place.options);
  CHECK(get(*engine, "k") == "kept");
  CHECK(put(*engine, "k", "again") == 2);
}

TEST_CASE("the live database itself cannot be restored from") {
  Place place;
  { put(*open(place.options), "k", "1"); }
  const auto restored = SqliteEngine::restore(place.options, place.options.path);
  REQUIRE_FALSE(restored.ok());
  CHECK(contains(restored.error().message, "is the live database"));
  CHECK(get(*open(place.options), "k") == "1");
}

}  // namespace
