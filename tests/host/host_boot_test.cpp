#include <doctest/doctest.h>

#include "host/rig.hpp"

using namespace test;

TEST_CASE("a first boot verifies, proves and activates the configured file") {
  Rig rig;
  rig.open_with(kEcho10);
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.answers("1.0.0"));
  const auto status = rig.host->status();
  CHECK(status.id == "echo");
  CHECK(status.path == rig.library());
  CHECK(status.reason.empty());
  REQUIRE(status.active.has_value());
  CHECK(status.active->release.sha256.size() == 64);
  CHECK(status.active->since_ms > 0);
  CHECK_FALSE(status.parked.has_value());
  CHECK_FALSE(status.candidate.has_value());
  REQUIRE(rig.host->releases().size() == 1);
  const auto release = rig.host->releases()[0];
  CHECK(release.role == "active");
  CHECK(release.abi_major == GW_ABI_MAJOR);
  CHECK(release.data_format_write == 1);
  CHECK(files_in(rig.root() + "/loaded").size() == 1);
}

TEST_CASE(
    "without a library there is no plugin, and the first good file that appears is activated") {
  Rig rig;
  rig.open();
  CHECK(rig.state() == "none");
  CHECK(contains(rig.host->status().reason, rig.library()));
  gateway::Request request;
  request.name = "echo_read";
  CHECK(rig.host->run(request).kind == gateway::Outcome::Kind::kNoPlugin);
  rename_over(bad_plugin("wrong_major"), rig.library());
  CHECK(wait_until([&] { return contains(rig.host->status().reason, "ABI"); }));
  CHECK(rig.state() == "none");
  rename_over(kEcho10, rig.library());
  CHECK(rig.becomes_active("1.0.0"));
  CHECK(rig.becomes("active"));
  CHECK(rig.answers("1.0.0"));
}

TEST_CASE("with the configured file missing or bad the stable release boots from its kept bytes") {
  Rig rig;
  rig.open_with(kEcho10);
  const auto since = rig.host->status().active->since_ms;
  rig.host.reset();
  SUBCASE("missing") { fs::remove(rig.library()); }
  SUBCASE("not a library") { copy_over("/proc/version", rig.library()); }
  SUBCASE("crashes when it is loaded") {
    rename_over(bad_plugin("constructor_crashes"), rig.library());
  }
  rig.open();
  CHECK(rig.state() == "degraded");
  CHECK(rig.answers("1.0.0"));
  CHECK(rig.host->status().active->since_ms == since);
  CHECK(contains(rig.host->status().reason, rig.library()));
  CHECK(contains(rig.host->status().reason, "the active version 1.0.0 keeps serving"));
  rename_over(kEcho10, rig.library());
  CHECK(rig.becomes("active"));
}

TEST_CASE("bytes that were refused are no request at the next boot, and the refusal still shows") {
  Rig rig;
  rig.open_with(kEcho10);
  rename_over(bad_plugin("null_table"), rig.library());
  REQUIRE(wait_until([&] {
    const auto events = rig.events();
    return !events.empty() && events[0] == "refused";
  }));
  rig.reopen();
  CHECK(rig.state() == "degraded");
  CHECK(rig.active() == "1.0.0");
  CHECK(contains(rig.host->status().reason, "no table"));
  const auto events = rig.events();
  CHECK(std::count(events.begin(), events.end(), "refused") == 1);
}

TEST_CASE("a file that changed while the gateway was down is activated at boot") {
  Rig rig;
  rig.open_with(kEcho10);
  rig.host.reset();
  rename_over(kEcho11, rig.library());
  rig.open();
  CHECK(rig.active() == "1.1.0");
  CHECK(rig.state() == "active");
  CHECK(rig.host->status().parked->release.version == "1.0.0");
  REQUIRE(rig.host->rollback().ok());
  CHECK(rig.answers("1.0.0"));
}

TEST_CASE("a rollback outlives a restart: the file was seen, so it is no request at boot") {
  Rig rig;
  rig.open_with(kEcho10);
  rename_over(kEcho11, rig.library());
  REQUIRE(rig.becomes_active("1.1.0"));
  REQUIRE(rig.host->rollback().ok());
  rig.reopen();
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.state() == "active");
  // While it runs, touching the file asks for it again.
  fs::last_write_time(rig.library(), fs::file_time_type::clock::now());
  CHECK(rig.becomes_active("1.1.0"));
}

TEST_CASE("damaged kept bytes are noticed at boot; the configured file heals them") {
  Rig rig;
  rig.open_with(kEcho10);
  const auto sha256 = rig.host->status().active->release.sha256;
  rig.host.reset();
  const std::string kept = rig.root() + "/releases/" + sha256 + "/echo.so";
  fs::permissions(kept, fs::perms::owner_all);
  write_text(kept, read_text(kept) + "x");
  rig.open();
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.state() == "degraded");
  CHECK(contains(rig.host->status().reason, "damaged"));
  rig.reopen();
  CHECK(rig.state() == "active");
  CHECK(read_text(kept) == read_text(kEcho10));
}

TEST_CASE("with the stable bytes lost and no file, the release before it serves") {
  Rig rig;
  rig.open_with(kEcho10);
  REQUIRE(rig.host->swap(kEcho11).ok());
  const auto sha256 = rig.host->status().active->release.sha256;
  rig.host.reset();
  fs::remove_all(rig.root() + "/releases/" + sha256);
  fs::remove(rig.library());
  rig.open();
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.state() == "degraded");
  CHECK(contains(rig.host->status().reason, "1.1.0"));
}

TEST_CASE("the release before the stable one serves until a good file arrives") {
  Rig rig;
  rig.open_with(kEcho10);
  REQUIRE(rig.host->swap(kEcho11).ok());
  const auto sha256 = rig.host->status().active->release.sha256;
  rig.host.reset();
  fs::remove_all(rig.root() + "/releases/" + sha256);
  fs::remove(rig.library());
  rig.open();
  REQUIRE(rig.active() == "1.0.0");
  REQUIRE(rig.state() == "degraded");
  rename_over(kEcho11, rig.library());
  CHECK(rig.becomes_active("1.1.0"));
  CHECK(rig.becomes("active"));
}

TEST_CASE("an unreadable state.json is put aside and reported; the configured file boots") {
  Rig rig;
  rig.open_with(kEcho10);
  rig.host.reset();
  write_text(rig.root() + "/state.json", "{\"schema\":1,\"stable\":tru");
  rig.open();
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.state() == "degraded");
  CHECK(contains(rig.host->status().reason, "state.json.unreadable-1"));
  CHECK(fs::exists(rig.root() + "/state.json.unreadable-1"));
  const auto events = rig.events();
  CHECK(std::find(events.begin(), events.end(), "state_unreadable") != events.end());
  rig.reopen();
  CHECK(rig.state() == "active");
}

TEST_CASE(
    "a configuration that the plugin refuses leaves it unloaded, with the path; a good one heals") {
  Rig rig;
  rig.options.config_json = "{\"greeting\":7}";
  rename_over(kEcho10, rig.library());
  rig.open();
  CHECK(rig.state() == "none");
  CHECK(contains(rig.host->status().reason, "/greeting"));
  CHECK_FALSE(rig.host->reconfigure("{\"greeting\":8}").ok());
  REQUIRE(rig.host->reconfigure("{\"greeting\":\"good day\"}").ok());
  CHECK(rig.state() == "active");
  CHECK(contains(rig.call("echo_read"), "good day"));
  // The same at a restart: the stable release is not given up for another over a configuration.
  rig.options.config_json = "{\"greeting\":7}";
  rig.reopen();
  CHECK(rig.state() == "none");
  CHECK(contains(rig.host->status().reason, "/greeting"));
}

TEST_CASE("start runs once per gateway, never at a swap or rollback; stop at the shutdown") {
  Rig rig;
  rig.open_with(kEcho10);
  REQUIRE(rig.host->swap(kEcho11).ok());
  REQUIRE(rig.host->rollback().ok());
  CHECK(contains(rig.call("echo_read"), "\"starts\":1,\"stops\":0"));
  rig.host->shutdown(std::chrono::seconds(30));
  rig.reopen();
  CHECK(contains(rig.call("echo_read"), "\"starts\":2,\"stops\":1"));
  REQUIRE(rig.host->reconfigure("{\"greeting\":\"again\"}").ok());
  CHECK(contains(rig.call("echo_read"), "\"starts\":3,\"stops\":1"));
}

TEST_CASE("a plugins root outside the state directory is held against a second gateway") {
  Rig rig;
  rig.options.plugins_root = rig.temp / "elsewhere";
  rig.open_with(kEcho10);
  CHECK(fs::exists(rig.temp / "elsewhere/state.json"));
  auto state = gateway::StateDir::acquire(rig.temp / "state2");
  REQUIRE(state.ok());
  gateway::SqliteOptions sqlite;
  sqlite.path = rig.temp / "state2/store.db";
  auto engine = gateway::SqliteEngine::open(sqlite);
  REQUIRE(engine.ok());
  auto second = gateway::Host::open(rig.options, std::move(*state), std::move(*engine));
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code == "plugins_root");
}

TEST_CASE("what is asked of a host that was shut down is refused") {
  Rig rig;
  rig.open_with(kEcho10);
  rig.host->shutdown(std::chrono::seconds(30));
  CHECK(rig.host->swap(kEcho11).error().code == "shutting_down");
  CHECK(rig.host->rollback().error().code == "shutting_down");
  CHECK(rig.host->install(kEcho11).error().code == "shutting_down");
  CHECK_FALSE(rig.host->active());
  CHECK(rig.state() == "none");
  CHECK(files_in(rig.root() + "/loaded").empty());
}
