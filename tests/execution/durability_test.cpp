// "No reply that could see a batch arrives before that batch is durable", as a table: what is
// called x what the writer is doing at that moment. A SQLite VFS holds the batch inside the sync of
// its log for as long as a test likes.
//
// The same table runs against three mutants of the host (CMakeLists.txt), each of which must make
// it fail.
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <thread>

#include "gateway/executor.hpp"
#include "gateway/sqlite_engine.hpp"
#include "support/fault_vfs.hpp"
#include "support/temp_dir.hpp"
#include "support/test_plugin.hpp"

using namespace gateway;

namespace {

// What every failing check of this table is about; the mutants' runs look for these words.
const std::string kTooEarly = "the reply arrived before what it could see was durable";
const std::string kSawTooMuch = "the reply shows what was not durable";

struct Row {
  const char* name;
  // The call whose batch is held in the sync, and the call that is watched. Both use key "n".
  const char* writer;
  const char* watched;
  const char* watched_args;
  bool commits;        // the watched call writes
  bool reads;          // served beside the worker
  const char* before;  // its reply if the writer's batch is not there,
  const char* after;   // and if it is
};

constexpr const char* kArgs = R"({"key":"n","value":"written"})";
constexpr const char* kRefusal = R"({"code":"refused","error":"no"})";
constexpr const char* kRecorded = R"({"code":"refused","error":"no, and noted"})";

constexpr Row kRows[] = {
    {"success", "count", "count", R"({"key":"n"})", true, false, R"({"count":1})",
     R"({"count":2})"},
    {"refusal", "put", "refuse", R"({"key":"m","value":"x"})", false, false, kRefusal, kRefusal},
    {"recorded refusal", "put", "refuse_recorded", R"({"key":"m","value":"x"})", true, false,
     kRecorded, kRecorded},
    {"replay", "replay", "replay", R"({"key":"n","value":"again"})", true, false,
     R"({"replayed":false,"value":"again"})", R"({"replayed":true,"value":"written"})"},
    {"dry run", "count", "count", R"({"key":"n","dry_run":true})", false, true, R"({"count":1})",
     R"({"count":2})"},
    {"read", "put", "get", R"({"key":"n"})", false, true, R"({"value":null})",
     R"({"value":"written"})"},
};

struct Disk {
  test::TempDir directory;
  test_support::FaultVfs vfs{"durability"};
  std::unique_ptr<SqliteEngine> engine;
  Slot slot;
  ManualClock clock{1'000'000};
  NodeState node{{"n1", true}};
  std::atomic<int> steps_run{0};
  std::unique_ptr<Executor> executor;

  Disk() {
    SqliteOptions options;
    options.path = directory / "store.db";
    options.vfs = vfs.name();
    auto opened = SqliteEngine::open(options);
    REQUIRE_MESSAGE(opened.ok(), opened.error().message);
    engine = std::move(*opened);
    slot.activate(test_support::test_instance());
    test_support::gate().open();
    executor = std::make_unique<Executor>(ExecutorOptions{}, *engine, slot, clock, node, LogSink{});
    executor->observe([this](const Request&, const CallTrace&) { ++steps_run; });
  }
  ~Disk() {  // also after a check that failed: nobody may wait for ever
    test_support::gate().open();
    vfs.release();
  }

  std::future<Outcome> start(const char* tool, const char* args) {
    Request request;
    request.name = tool;
    request.args_json = args;
    request.timeout = std::chrono::milliseconds(0);
    auto promise = std::make_shared<std::promise<Outcome>>();
    auto future = promise->get_future();
    executor->submit(std::move(request),
                     [promise](Outcome outcome) { promise->set_value(std::move(outcome)); });
    return future;
  }

  // The outcome; a limit, so that a broken host fails the test instead of stopping it.
  static Outcome await(std::future<Outcome> outcome) {
    REQUIRE(outcome.wait_for(std::chrono::seconds(60)) == std::future_status::ready);
    return outcome.get();
  }

  void wait_for_steps(int n) const {
    while (steps_run < n) std::this_thread::yield();
  }

  // Until the batch is held inside the sync. A reply that comes first fails the test, and so ends
  // the wait on a host that never syncs.
  void wait_until_held(const std::future<Outcome>& writer) const;
};

bool ready(const std::future<Outcome>& outcome) {
  return outcome.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

void Disk::wait_until_held(const std::future<Outcome>& writer) const {
  while (!vfs.blocked() && !ready(writer)) std::this_thread::yield();
  REQUIRE_MESSAGE(!ready(writer), kTooEarly);
}

}  // namespace

TEST_CASE("with the writer idle: a reply waits for its own writes, and for nothing else") {
  for (const Row& row : kRows) {
    CAPTURE(std::string(row.name));
    Disk disk;
    disk.vfs.block_wal_sync();
    auto watched = disk.start(row.watched, row.watched_args);
    if (row.commits) {
      disk.wait_until_held(watched);
      disk.vfs.release();
    }
    const Outcome outcome =
        disk.await(std::move(watched));  // no sync is needed for the others: they do not hang
    CHECK(outcome.kind == Outcome::Kind::kReply);
    CHECK(outcome.body == row.before);
  }
}

TEST_CASE("with the writer idle: a replay of a durable write replies without another commit") {
  Disk disk;
  REQUIRE(disk.await(disk.start("replay", kArgs)).status == GW_OK);
  while (disk.executor->metrics().batches == 0) std::this_thread::yield();
  disk.vfs.block_wal_sync();
  const Outcome again = disk.await(disk.start("replay", R"({"key":"n","value":"again"})"));
  CHECK(again.body == R"({"replayed":true,"value":"written"})");
}

TEST_CASE("with another call's batch in sync: a reply waits for it, or cannot have seen it") {
  for (const Row& row : kRows) {
    CAPTURE(std::string(row.name));
    Disk disk;
    disk.vfs.block_wal_sync();
    auto writer = disk.start(row.writer, kArgs);
    disk.wait_until_held(writer);

    auto watched = disk.start(row.watched, row.watched_args);
    if (row.reads) {
      // It runs now, beside the commit, on what is durable.
      disk.wait_for_steps(2);
      const Outcome outcome = disk.await(std::move(watched));
      CHECK_MESSAGE(outcome.body == row.before, kSawTooMuch);
      CHECK_MESSAGE(outcome.sequence == 0, kSawTooMuch);
      CHECK_MESSAGE(!ready(writer), kTooEarly);
      disk.vfs.release();
    } else {
      while (disk.executor->metrics().queued == 0 && disk.steps_run < 2 && !ready(watched)) {
        std::this_thread::yield();
      }
      CHECK_MESSAGE(!ready(watched), kTooEarly);
      CHECK_MESSAGE(!ready(writer), kTooEarly);
      disk.vfs.release();
      const Outcome outcome = disk.await(std::move(watched));
      CHECK(outcome.body == row.after);
      CHECK(outcome.sequence > 0);
    }
    CHECK(disk.await(std::move(writer)).status == GW_OK);
  }
}

TEST_CASE("in one batch with a call that wrote: every reply waits for the shared commit") {
  for (const Row& row : kRows) {
    if (row.reads) continue;  // these share no batch
    CAPTURE(std::string(row.name));
    Disk disk;
    disk.vfs.block_wal_sync();
    // The worker is busy while both arrive, so that it takes them together.
    test_support::gate().close();
    auto holder = disk.start("wait", "{}");
    test_support::gate().wait_for_visitors(1);
    auto writer = disk.start(row.writer, kArgs);
    auto watched = disk.start(row.watched, row.watched_args);
    test_support::gate().open();
    CHECK(disk.await(std::move(holder)).status == GW_OK);
    disk.wait_for_steps(3);  // all have run
    disk.wait_until_held(writer);
    CHECK_MESSAGE(!ready(watched), kTooEarly);
    disk.vfs.release();
    CHECK(disk.await(std::move(watched)).body == row.after);
    CHECK(disk.await(std::move(writer)).status == GW_OK);
    CHECK(disk.executor->metrics().batches == 1);
  }
}
