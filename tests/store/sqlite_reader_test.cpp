// Readers must not hold up the log.
#include <thread>

#include "store/sqlite_support.hpp"

namespace {

using namespace store_test;

TEST_CASE("a snapshot beyond its age is ended: its reads fail and say why") {
  Place place;
  place.options.max_snapshot_age_ms = 0;  // every snapshot is too old at its first use
  const auto engine = open(place.options);
  put(*engine, "k", "1");
  auto snapshot = engine->snapshot();
  REQUIRE(snapshot.ok());
  const std::string_view key = "k";
  for (int times = 0; times < 2; ++times) {
    const auto found = (*snapshot)->get(std::span(&key, 1));
    REQUIRE_FALSE(found.ok());
    CHECK(found.error().status == GW_UNAVAILABLE);
    CHECK(contains(found.error().message, "open for longer than 0 ms"));
  }
  const auto scanned = (*snapshot)->scan({}, [](auto, auto, auto) { return true; });
  REQUIRE_FALSE(scanned.ok());
  CHECK(scanned.error().status == GW_UNAVAILABLE);
}

TEST_CASE("a scan that takes too long is ended on the way") {
  Place place;
  place.options.max_snapshot_age_ms = 500;
  const auto engine = open(place.options);
  std::vector<Write> writes;
  for (int i = 0; i < 1000; ++i) writes.push_back({"k" + std::to_string(i), "v"});
  REQUIRE(engine->commit({}, writes).kind == Kind::kCommitted);
  const auto snapshot = engine->snapshot();
  REQUIRE(snapshot.ok());
  const auto began = std::chrono::steady_clock::now();
  int rows = 0;
  const auto slow = [&](auto, auto, auto) {
    ++rows;
    // The visitor waits until the snapshot is too old, once.
    while (std::chrono::steady_clock::now() - began < std::chrono::milliseconds(501)) {
      std::this_thread::yield();
    }
    return true;
  };
  const auto scanned = (*snapshot)->scan({}, slow);
  REQUIRE_FALSE(scanned.ok());
  CHECK(scanned.error().status == GW_UNAVAILABLE);
  CHECK(rows > 0);
  CHECK(rows < 1000);
}

TEST_CASE("a forgotten old snapshot does not make the log grow without end") {
  Place place;
  place.options.max_snapshot_age_ms = 0;
  const auto engine = open(place.options);
  put(*engine, "k", "0");
  const auto forgotten = engine->snapshot();
  REQUIRE(forgotten.ok());
  // About 14 frames of 8 KiB each: 400 commits would make a log of more than 40 MiB.
  for (int i = 0; i < 400; ++i)
    put(*engine, "k", std::string(100'000, static_cast<char>('a' + i % 26)));
  CHECK(std::filesystem::file_size(place.options.path + "-wal") < 20u << 20);
}

TEST_CASE("a row visitor that uses its own snapshot is told so") {
  Place place;
  const auto engine = open(place.options);
  put(*engine, "k", "1");
  const auto snapshot = engine->snapshot();
  REQUIRE(snapshot.ok());
  gw_status status = GW_OK;
  const auto misuse = [&](std::string_view key, auto, auto) {
    const auto found = (*snapshot)->get(std::span(&key, 1));
    if (!found) status = found.error().status;
    return true;
  };
  REQUIRE((*snapshot)->scan({}, misuse).ok());
  CHECK(status == GW_MISUSE);
}

TEST_CASE("a snapshot may outlive its engine, and then only says that the store is closed") {
  Place place;
  auto engine = open(place.options);
  put(*engine, "k", "1");
  auto snapshot = engine->snapshot();
  REQUIRE(snapshot.ok());
  engine.reset();
  const std::string_view key = "k";
  const auto found = (*snapshot)->get(std::span(&key, 1));
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().status == GW_UNAVAILABLE);
  snapshot->reset();
  CHECK(get(*open(place.options), "k") == "1");
}

}  // namespace
