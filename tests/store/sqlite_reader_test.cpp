// Readers must not hold up the log.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "store/sqlite_support.hpp"

namespace {

using namespace store_test;

// A scan on a thread of its own, whose visitor hangs at the first row until it is let go.
class HungScan {
 public:
  explicit HungScan(std::unique_ptr<gateway::Snapshot> snapshot)
      : snapshot_(std::move(snapshot)), thread_([this] { scan(); }) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return hangs_ || ended_; });
  }
  ~HungScan() { (void)let_go(); }

  // How the scan ended, when the visitor has returned.
  gateway::StoreResult<void> let_go() {
    {
      const std::lock_guard lock(mutex_);
      free_ = true;
      changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
    return outcome_;
  }
  const std::string& seen() const { return seen_; }  // once it was let go

 private:
  void scan() {
    outcome_ = snapshot_->scan({}, [&](std::string_view key, std::string_view value, auto) {
      std::unique_lock lock(mutex_);
      hangs_ = true;
      changed_.notify_all();
      changed_.wait(lock, [&] { return free_; });
      seen_ += std::string(key) + "=" + std::string(value) + " ";
      return true;
    });
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  const std::unique_ptr<gateway::Snapshot> snapshot_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hangs_ = false, free_ = false, ended_ = false;
  gateway::StoreResult<void> outcome_;
  std::string seen_;
  std::thread thread_;  // last: it uses all of the above
};

std::unique_ptr<gateway::Snapshot> snapshot_of(Engine& engine) {
  auto snapshot = engine.snapshot();
  REQUIRE(snapshot.ok());
  return std::move(*snapshot);
}

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

TEST_CASE("a row visitor that hangs keeps no log: its view is ended while it hangs") {
  Place place;
  const std::chrono::milliseconds age(500);
  place.options.max_snapshot_age_ms = static_cast<std::uint32_t>(age.count());
  const auto engine = open(place.options);
  put(*engine, "k", "0");
  put(*engine, "l", "0");
  HungScan scan(snapshot_of(*engine));
  const auto began = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - began <= age) std::this_thread::yield();
  for (int i = 0; i < 400; ++i)
    put(*engine, "k", std::string(100'000, static_cast<char>('a' + i % 26)));
  CHECK(std::filesystem::file_size(place.options.path + "-wal") < 20u << 20);
  const auto outcome = scan.let_go();
  REQUIRE_FALSE(outcome.ok());
  CHECK(outcome.error().status == GW_UNAVAILABLE);
  CHECK(contains(outcome.error().message, "open for longer than 500 ms"));
  CHECK(scan.seen() == "k=0 ");  // its row stayed what it was, and was the last
}

TEST_CASE("a row visitor that hangs holds up neither recovery nor the end of the store") {
  for (const bool recovered : {true, false}) {
    CAPTURE(recovered);
    Place place;
    auto engine = open(place.options);
    put(*engine, "k", "1");
    put(*engine, "l", "1");
    HungScan scan(snapshot_of(*engine));
    if (recovered) {
      REQUIRE(engine->recover().ok());
      put(*engine, "k", "2");
    } else {
      engine.reset();
      engine = open(place.options);
      put(*engine, "k", "2");
    }
    const auto outcome = scan.let_go();
    REQUIRE_FALSE(outcome.ok());
    CHECK(outcome.error().status == GW_UNAVAILABLE);
    CHECK(scan.seen() == "k=1 ");
    CHECK(get(*engine, "k") == "2");
  }
}

TEST_CASE("a scan whose visitor ends it has all it asked for, also when its view ended meanwhile") {
  Place place;
  auto engine = open(place.options);
  put(*engine, "k", "1");
  const auto snapshot = snapshot_of(*engine);
  std::string seen;
  const auto scanned = snapshot->scan({}, [&](auto, std::string_view value, auto) {
    engine.reset();
    seen = value;
    return false;
  });
  CHECK(scanned.ok());
  CHECK(seen == "1");
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
