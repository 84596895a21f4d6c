// What a damaged, shortened or misplaced database file leads to.
#include <sys/stat.h>

#include "store/scrubber.hpp"
#include "store/sqlite_support.hpp"

namespace {

using namespace store_test;

void copy_file(const std::string& from, const std::string& to) {
  write_bytes(to, read_bytes(from));
}

// Flips one bit of the only place where `needle` is found in the file.
void flip_bit_at(const std::string& path, const std::string& needle, std::size_t offset = 0) {
  std::string bytes = read_bytes(path);
  const std::size_t place = bytes.find(needle);
  REQUIRE(place != std::string::npos);
  REQUIRE(bytes.find(needle, place + 1) == std::string::npos);
  bytes[place + offset] = static_cast<char>(bytes[place + offset] ^ 4);
  write_bytes(path, bytes);
}

TEST_CASE("a bit flipped in a value in the file is GW_CORRUPT with the key, never a wrong value") {
  Place place;
  {
    const auto engine = open(place.options);
    put(*engine, "task/1", "the first document");
    put(*engine, "task/2", "the second document");
  }
  flip_bit_at(place.options.path, "the second document", 4);

  const auto engine = open(place.options);
  CHECK(get(*engine, "task/1") == "the first document");
  const auto damaged = try_get(*engine, "task/2");
  REQUIRE_FALSE(damaged.ok());
  CHECK(damaged.error().status == GW_CORRUPT);
  CHECK(contains(damaged.error().message, "\"task/2\""));

  int rows = 0;
  const auto snapshot = engine->snapshot();
  REQUIRE(snapshot.ok());
  const auto scanned = (*snapshot)->scan({}, [&](auto, auto, auto) { return ++rows > 0; });
  REQUIRE_FALSE(scanned.ok());
  CHECK(scanned.error().status == GW_CORRUPT);
  CHECK(contains(scanned.error().message, "\"task/2\""));
  CHECK(rows == 1);

  const auto report = engine->check();
  REQUIRE(report.ok());
  CHECK(report->rows == 2);
  REQUIRE(report->problems.size() == 1);
  CHECK(contains(report->problems[0], "\"task/2\""));
  CHECK(put(*engine, "task/3", "still writable") == 3);
}

TEST_CASE("a damaged key may read as absent, but a scan and the check find it") {
  Place place;
  {
    const auto engine = open(place.options);
    put(*engine, "task/one-and-only", "document");
  }
  flip_bit_at(place.options.path, "task/one-and-only", 16);

  const auto engine = open(place.options);
  CHECK_FALSE(get(*engine, "task/one-and-only").has_value());
  const auto snapshot = engine->snapshot();
  REQUIRE(snapshot.ok());
  const auto scanned = (*snapshot)->scan({}, [](auto, auto, auto) { return true; });
  REQUIRE_FALSE(scanned.ok());
  CHECK(scanned.error().status == GW_CORRUPT);
  const auto report = engine->check();
  REQUIRE(report.ok());
  CHECK(report->problems.size() == 1);
}

// Commits while the engine lives, and copies its files as a power cut would leave them.
void leave_with_open_log(const Place& place, const std::string& copy, int commits) {
  const auto engine = open(place.options);
  for (int i = 1; i <= commits; ++i) put(*engine, "k" + std::to_string(i), std::string(9000, 'x'));
  for (const char* suffix : {"", "-wal", ".seq"}) {
    copy_file(place.options.path + suffix, copy + suffix);
  }
}

TEST_CASE("the scrubber finds damage that nobody reads, far behind, and says it once") {
  Place place;
  std::vector<std::string> said;
  const auto scrub = [&] {  // for two walks and more
    const auto engine = open(place.options);
    gateway::Scrubber scrubber(*engine, [&](std::uint32_t level, auto, std::string_view text) {
      CHECK(level == GW_LOG_ERROR);
      said.emplace_back(text);
    });
    for (int step = 0; step < 10; ++step) scrubber.step();
  };
  {
    const auto engine = open(place.options);
    std::vector<Write> writes;
    for (int i = 1'000; i < 2'000; ++i) writes.push_back({"task/" + std::to_string(i), "document"});
    writes.push_back({"task/1999-at-the-end", "document"});
    REQUIRE(engine->commit({}, writes).kind == Kind::kCommitted);
  }
  scrub();
  CHECK(said.empty());

  flip_bit_at(place.options.path, "task/1999-at-the-end", 19);
  scrub();
  REQUIRE(said.size() == 1);
  CHECK(contains(said.front(), "task/1999-at-the-en"));
  CHECK(contains(said.front(), "openclaw storage check"));
}

TEST_CASE("the log of a process that was killed is read again") {
  Place place;
  const std::string copy = place / "copy.db";
  leave_with_open_log(place, copy, 12);
  SqliteOptions options;
  options.path = copy;
  const auto engine = open(options);
  CHECK(get(*engine, "k12").has_value());
  CHECK(put(*engine, "k13", "x") == 13);
}

TEST_CASE("a lost tail of the log is noticed at open, with the commits that are gone") {
  Place place;
  const std::string copy = place / "copy.db";
  leave_with_open_log(place, copy, 12);
  SqliteOptions options;
  options.path = copy;
  std::string expected;

  SUBCASE("cut off") {
    std::string log = read_bytes(copy + "-wal");
    log.resize(log.size() - 100);
    write_bytes(copy + "-wal", log);
    expected = "lost commits 12..12";
  }
  SUBCASE("a flipped bit in its middle") {
    std::string log = read_bytes(copy + "-wal");
    log[log.size() / 2] = static_cast<char>(log[log.size() / 2] ^ 1);
    write_bytes(copy + "-wal", log);
    expected = "..12";
  }
  SUBCASE("deleted") {
    std::filesystem::remove(copy + "-wal");
    expected = "..12";
  }
  SUBCASE("deleted together with the database") {
    std::filesystem::remove(copy + "-wal");
    std::filesystem::remove(copy);
    expected = "lost commits 1..12";
  }
  const StoreError error = open_error(options);
  CHECK(error.status == GW_CORRUPT);
  CHECK(contains(error.message, "lost commits"));
  CHECK(contains(error.message, expected));
  CHECK(contains(error.message, "openclaw storage restore FILE"));
  // Opening again changes nothing, and makes no new store in its place.
  CHECK(open_error(options).message == error.message);
}

TEST_CASE("a database file that was copied here by hand is refused") {
  Place place;
  Place other;
  {
    const auto engine = open(place.options);
    put(*engine, "k", "here");
    const auto elsewhere = open(other.options);
    put(*elsewhere, "k", "elsewhere");
    put(*elsewhere, "k2", "elsewhere");
  }
  SUBCASE("over a store of this place") { copy_file(other.options.path, place.options.path); }
  SUBCASE("to a new place") { std::filesystem::remove(place.options.path + ".seq"); }
  const StoreError error = open_error(place.options);
  CHECK(error.status == GW_CORRUPT);
  CHECK(contains(error.message,
                 "this database was copied here by hand; use `openclaw storage "
                 "restore`"));
}

TEST_CASE("an older copy of the same database is refused too") {
  Place place;
  {
    const auto engine = open(place.options);
    put(*engine, "k", "1");
  }
  copy_file(place.options.path, place / "old.db");
  {
    const auto engine = open(place.options);
    put(*engine, "k", "2");
  }
  copy_file(place / "old.db", place.options.path);
  CHECK(contains(open_error(place.options).message, "lost commits 2..2"));
}

TEST_CASE("a file that is no store is refused with its name, and left as it is") {
  Place place;
  std::string bytes;
  SUBCASE("text") { bytes = std::string(5000, 'x'); }
  SUBCASE("a database of something else") {
    Place other;
    { const auto engine = open(other.options); }
    bytes = read_bytes(other.options.path);
    bytes[68] = 1;  // the application id in SQLite's header
  }
  write_bytes(place.options.path, bytes);
  const StoreError error = open_error(place.options);
  CHECK(contains(error.message, place.options.path));
  CHECK(read_bytes(place.options.path) == bytes);
}

TEST_CASE("a damaged sequence file is named") {
  Place place;
  {
    const auto engine = open(place.options);
    put(*engine, "k", "1");
  }
  const std::string beside = place.options.path + ".seq";
  std::string line = read_bytes(beside);
  SUBCASE("changed") { line[60] = '7'; }
  SUBCASE("cut") { line.resize(20); }
  SUBCASE("empty") { line.clear(); }
  write_bytes(beside, line);
  const StoreError error = open_error(place.options);
  CHECK(error.status == GW_CORRUPT);
  CHECK(contains(error.message, beside));
}

TEST_CASE("a crash while the store is created does not keep it from being created") {
  Place place;
  { const auto engine = open(place.options); }
  SUBCASE("before the database") { std::filesystem::remove(place.options.path); }
  SUBCASE("before its first page") { write_bytes(place.options.path, ""); }
  const auto engine = open(place.options);
  CHECK(put(*engine, "k", "1") == 1);
}

TEST_CASE("all files are private") {
  Place place;
  const mode_t before = ::umask(0);
  const auto engine = open(place.options);
  put(*engine, "k", "1");
  REQUIRE(engine->backup(place / "backup.db").ok());
  ::umask(before);
  for (const char* name : {"store.db", "store.db-wal", "store.db-shm", "store.db.seq",
                           "store.db.reserve", "backup.db"}) {
    struct stat info {};
    INFO(name);
    REQUIRE(::stat((place / name).c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
  }
}

}  // namespace
