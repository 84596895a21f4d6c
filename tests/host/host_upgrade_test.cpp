// One-way upgrades: over a change of the data format that the release before cannot read.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <thread>

#include "gateway/sqlite_engine.hpp"
#include "host/rig.hpp"

using namespace test;

namespace {

const std::string kOld = variant("reads_1_writes_1");
const std::string kNew = variant("migrates");

// A store whose line drops right after the write that raises the data format.
class Dropping final : public gateway::Engine {
 public:
  explicit Dropping(std::unique_ptr<gateway::SqliteEngine> sound) : sound_(std::move(sound)) {}

  gateway::SqliteEngine& sqlite() { return *sound_; }
  void drop_at_raise() { armed_ = true; }
  void come_back() { away_ = false; }

  gateway::StoreResult<std::unique_ptr<gateway::Snapshot>> snapshot() override {
    if (away_) return kAway;
    return sound_->snapshot();
  }
  gateway::CommitOutcome commit(std::span<const gateway::Check> checks,
                                std::span<const gateway::Write> writes) override {
    auto done = sound_->commit(checks, writes);
    const bool raises = std::any_of(writes.begin(), writes.end(), [](const gateway::Write& write) {
      return write.key == std::string("\0host/format", 12);
    });
    if (!armed_ || !raises) return done;
    armed_ = false;
    away_ = true;
    return {gateway::CommitOutcome::Kind::kUnknown, 0, {}, kAway};
  }
  gateway::StoreResult<void> recover() override {
    if (away_) return kAway;
    return sound_->recover();
  }

 private:
  const gateway::StoreError kAway{GW_UNAVAILABLE, "the line dropped"};
  std::unique_ptr<gateway::SqliteEngine> sound_;
  std::atomic<bool> armed_{false};
  std::atomic<bool> away_{false};
};

struct Upgrading : Rig {
  Upgrading() : Rig("variant") {
    ::unsetenv("VARIANT_MIGRATE_FAILS");
    ::unsetenv("VARIANT_MIGRATE_LINGERS");
    options.backup = [this](const std::string& file) -> gateway::Result<void> {
      auto done = dynamic_cast<gateway::SqliteEngine&>(host->engine()).backup(file);
      if (!done) return gateway::Error{"backup_failed", done.error().message};
      return {};
    };
    open_with(kOld);
  }

  bool stored(const std::string& key) const {
    auto snapshot = host->engine().snapshot();
    REQUIRE(snapshot.ok());
    const std::string_view name = key;
    auto rows = (*snapshot)->get({&name, 1});
    REQUIRE(rows.ok());
    return rows->front().value.has_value();
  }
  std::string format() const { return format_in(host->engine()); }
  const gateway::HistoryEntry* entry(const std::string& event) {
    history = host->history();
    for (const auto& e : history) {
      if (e.event == event) return &e;
    }
    return nullptr;
  }
  // Serves from a store that can drop its line.
  Dropping& reopen_dropping() {
    host.reset();
    auto state = gateway::StateDir::acquire(temp / "state");
    REQUIRE(state.ok());
    gateway::SqliteOptions sqlite;
    sqlite.path = state->path() + "/store.db";
    auto engine = gateway::SqliteEngine::open(sqlite);
    REQUIRE(engine.ok());
    auto dropping = std::make_unique<Dropping>(std::move(*engine));
    Dropping& store = *dropping;
    options.backup = [&store](const std::string& file) -> gateway::Result<void> {
      auto done = store.sqlite().backup(file);
      if (!done) return gateway::Error{"backup_failed", done.error().message};
      return {};
    };
    auto opened = gateway::Host::open(options, std::move(*state), std::move(dropping));
    REQUIRE(opened.ok());
    host = std::move(*opened);
    return store;
  }
  std::string backup() const {
    const auto files = files_in(temp / "state/backups");
    REQUIRE(files.size() == 1);
    return temp / ("state/backups/" + files.front());
  }
  void restore() {
    const std::string file = backup();
    host.reset();
    gateway::SqliteOptions sqlite;
    sqlite.path = temp / "state/store.db";
    const auto done = gateway::SqliteEngine::restore(sqlite, file);
    REQUIRE_MESSAGE(done.ok(), done.error().message);
    open();
  }
  std::vector<gateway::HistoryEntry> history;
};

}  // namespace

TEST_CASE("a one-way upgrade backs up, serves the new release and converts what is stored") {
  Upgrading rig;
  const auto refused = rig.host->swap(kNew);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == "one_way");
  CHECK(contains(refused.error().message, "upgrade one way"));

  const auto upgraded = rig.host->upgrade(kNew);
  REQUIRE_MESSAGE(upgraded.ok(), upgraded.error().message);
  CHECK(upgraded->release.version == "4.0.0");
  CHECK(rig.active() == "4.0.0");
  CHECK(rig.state() == "active");
  CHECK(rig.format() == "2");
  for (const char* key : {"migrated/0", "migrated/1", "migrated/2"}) CHECK(rig.stored(key));
  CHECK_FALSE(rig.host->status().trial.has_value());  // there is nothing to go back to by itself
  REQUIRE(rig.entry("upgraded") != nullptr);
  CHECK(rig.entry("upgraded")->evidence == std::vector<std::string>{rig.backup()});
  REQUIRE(rig.entry("migrated") != nullptr);
  CHECK(contains(rig.entry("migrated")->detail, "after 3 steps"));

  const auto back = rig.host->rollback();
  REQUIRE_FALSE(back.ok());
  CHECK(back.error().code == "one_way");
  CHECK(contains(back.error().message, rig.backup()));
  CHECK(contains(back.error().message, "commits since are lost then"));
  CHECK(rig.active() == "4.0.0");
  CHECK_FALSE(rig.host->swap("1.0.0").ok());
  rig.reopen();
  CHECK(rig.active() == "4.0.0");
}

TEST_CASE("the way back from an upgrade: the backup is restored, and the old release boots") {
  Upgrading rig;
  REQUIRE(rig.host->upgrade(kNew).ok());
  rig.restore();
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.format() == "1");
  CHECK_FALSE(rig.stored("migrated/0"));
  REQUIRE(rig.entry("rolled_back") != nullptr);
  CHECK(contains(rig.entry("rolled_back")->detail, "restored to before the one-way upgrade"));
  // Forward again only by an upgrade, with a backup of its own.
  CHECK_FALSE(rig.host->status().parked.has_value());
  CHECK(rig.host->swap("4.0.0").error().code == "one_way");
  REQUIRE(rig.host->upgrade("4.0.0").ok());
  CHECK(rig.active() == "4.0.0");
  CHECK(files_in(rig.temp / "state/backups").size() == 2);
}

TEST_CASE("no upgrade without a backup") {
  Upgrading rig;
  rig.options.backup = [](const std::string&) -> gateway::Result<void> {
    return gateway::Error{"io_error", "the disk is gone"};
  };
  rig.reopen();
  const auto failed = rig.host->upgrade(kNew);
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().code == "backup_failed");
  CHECK(contains(failed.error().message, "the disk is gone"));
  rig.options.backup = nullptr;
  rig.reopen();
  CHECK(rig.host->upgrade(kNew).error().code == "no_backup");
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.format() == "1");
}

TEST_CASE("an upgrade to what the active release can read is a swap, with a watch and a way back") {
  Upgrading rig;
  REQUIRE(rig.host->upgrade(variant("reads_1_2_writes_1")).ok());
  CHECK(rig.active() == "2.0.0");
  CHECK(rig.host->status().trial.has_value());
  CHECK_FALSE(fs::exists(rig.temp / "state/backups"));
  REQUIRE(rig.host->rollback().ok());
}

TEST_CASE("a conversion that fails is told, and is tried again at the next start") {
  Upgrading rig;
  ::setenv("VARIANT_MIGRATE_FAILS", "1", 1);
  REQUIRE(rig.host->upgrade(kNew).ok());
  CHECK(rig.active() == "4.0.0");
  CHECK(rig.state() == "degraded");
  CHECK(contains(rig.host->status().reason, "asked to fail"));
  CHECK(rig.stored("migrated/0"));
  CHECK_FALSE(rig.stored("migrated/1"));
  ::unsetenv("VARIANT_MIGRATE_FAILS");
  rig.reopen();
  CHECK(rig.active() == "4.0.0");
  CHECK(rig.stored("migrated/2"));
  CHECK(rig.entry("migrated") != nullptr);
}

TEST_CASE(
    "a gateway that is told to end while it converts ends, and does the rest when it starts") {
  Upgrading rig;
  ::setenv("VARIANT_MIGRATE_LINGERS", "1", 1);
  rig.options.executor.hook_limit = std::chrono::hours(1);
  rig.reopen();
  std::thread operator_([&] { CHECK(rig.host->upgrade(kNew).ok()); });
  CHECK(wait_until([&] { return rig.stored("migrated/0"); }));
  rig.host->shutdown(std::chrono::milliseconds(0));
  operator_.join();
  CHECK_FALSE(rig.stored("migrated/1"));
  ::unsetenv("VARIANT_MIGRATE_LINGERS");
  rig.reopen();
  CHECK(rig.active() == "4.0.0");
  for (const char* key : {"migrated/0", "migrated/1", "migrated/2"}) CHECK(rig.stored(key));
}

TEST_CASE("an upgrade that nobody knows to have passed the point of no return is not forgotten") {
  for (const bool asked_again : {false, true}) {  // or the gateway is started again
    CAPTURE(asked_again);
    Upgrading rig;
    Dropping& store = rig.reopen_dropping();
    store.drop_at_raise();
    REQUIRE_FALSE(rig.host->upgrade(kNew).ok());
    store.come_back();
    if (asked_again) {
      const auto upgraded = rig.host->upgrade("4.0.0");
      REQUIRE_MESSAGE(upgraded.ok(), upgraded.error().message);
    } else {
      rig.reopen();
      REQUIRE(rig.entry("upgraded") != nullptr);
    }
    CHECK(rig.active() == "4.0.0");
    CHECK(rig.state() == "active");
    CHECK(rig.format() == "2");
    CHECK(rig.stored("migrated/2"));
    // The way back is the backup from before, and no later one.
    CHECK(rig.entry("upgraded")->evidence == std::vector<std::string>{rig.backup()});
    rig.restore();
    CHECK(rig.active() == "1.0.0");
    CHECK(rig.format() == "1");
  }
}
