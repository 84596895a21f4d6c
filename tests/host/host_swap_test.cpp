#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>

#include "host/rig.hpp"

using namespace test;

TEST_CASE("install imports and proves, and activates nothing") {
  Rig rig;
  rig.open_with(kEcho10);
  const auto installed = rig.host->install(kEcho11);
  REQUIRE(installed.ok());
  CHECK(installed->release.version == "1.1.0");
  CHECK(installed->role.empty());
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.host->releases().size() == 2);
  CHECK(rig.events()[0] == "imported");
  REQUIRE(rig.host->install(kEcho11).ok());  // known bytes: fine
  CHECK(rig.host->releases().size() == 2);
}

TEST_CASE("verify proves a file and keeps nothing") {
  Rig rig;
  rig.open_with(kEcho10);
  const auto verified = rig.host->verify(kEcho11);
  REQUIRE(verified.ok());
  CHECK(verified->release.version == "1.1.0");
  CHECK(rig.host->releases().size() == 1);
  CHECK(files_in(rig.root() + "/staging").empty());
  CHECK_FALSE(rig.host->verify(bad_plugin("constructor_exits")).ok());
  CHECK(rig.state() == "active");
}

TEST_CASE("swap takes a file, a version, or the beginning of a digest") {
  Rig rig;
  rig.open_with(kEcho10);
  const auto by_file = rig.host->swap(kEcho11);
  REQUIRE(by_file.ok());
  CHECK(by_file->role == "active");
  CHECK(rig.answers("1.1.0"));
  const auto by_version = rig.host->swap("1.0.0");
  REQUIRE(by_version.ok());
  CHECK(rig.answers("1.0.0"));
  const auto by_prefix = rig.host->swap(by_file->release.sha256.substr(0, 8));
  REQUIRE(by_prefix.ok());
  CHECK(by_prefix->release.version == "1.1.0");
  CHECK(rig.answers("1.1.0"));
  CHECK(rig.host->status().parked->release.version == "1.0.0");
  CHECK(rig.state() == "active");
}

TEST_CASE("swapping to what is active changes nothing and is fine") {
  Rig rig;
  rig.open_with(kEcho10);
  const auto since = rig.host->status().active->since_ms;
  for (const std::string& what : {kEcho10, std::string("1.0.0")}) {
    const auto same = rig.host->swap(what);
    REQUIRE(same.ok());
    CHECK(same->role == "active");
  }
  CHECK(rig.host->status().active->since_ms == since);
  CHECK_FALSE(rig.host->status().parked.has_value());
  CHECK(rig.events() == std::vector<std::string>{"activated"});
}

TEST_CASE("an ambiguous version is refused and its builds are listed") {
  Rig rig;
  rig.open_with(kEcho10);
  copy_over(kEcho11, rig.temp / "one.so");
  copy_over(kEcho11, rig.temp / "two.so", "another build");
  const auto one = rig.host->install(rig.temp / "one.so");
  const auto two = rig.host->install(rig.temp / "two.so");
  REQUIRE(one.ok());
  REQUIRE(two.ok());
  REQUIRE(one->release.sha256 != two->release.sha256);
  const auto refused = rig.host->swap("1.1.0");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == "ambiguous");
  CHECK(contains(refused.error().message, one->release.sha256));
  CHECK(contains(refused.error().message, two->release.sha256));
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.state() == "active");
  REQUIRE(rig.host->swap(two->release.sha256).ok());
  CHECK(rig.host->status().active->release.sha256 == two->release.sha256);
}

TEST_CASE("a name that leads nowhere is not found, and is no failed swap") {
  Rig rig;
  rig.open_with(kEcho10);
  CHECK(rig.host->swap("9.9.9").error().code == "not_found");
  CHECK(rig.host->swap("abcdef0").error().code == "not_found");
  CHECK(rig.host->swap(rig.temp / "nowhere.so").error().code == "not_found");
  CHECK(rig.state() == "active");
}

TEST_CASE("rollback goes to the release before, a second one forward again") {
  Rig rig;
  rig.open_with(kEcho10);
  CHECK(rig.host->rollback().error().code == "nothing_to_roll_back_to");
  CHECK(rig.state() == "active");
  REQUIRE(rig.host->swap(kEcho11).ok());
  REQUIRE(rig.host->rollback().ok());
  CHECK(rig.answers("1.0.0"));
  CHECK(rig.host->status().parked->release.version == "1.1.0");
  REQUIRE(rig.host->rollback().ok());
  CHECK(rig.answers("1.1.0"));
  CHECK(rig.host->status().parked->release.version == "1.0.0");
  CHECK(rig.events() ==
        std::vector<std::string>{"rolled_back", "rolled_back", "activated", "activated"});
}

TEST_CASE("rollback works after a restart too, from the kept bytes, without a prover") {
  Rig rig;
  rig.open_with(kEcho10);
  REQUIRE(rig.host->swap(kEcho11).ok());
  rig.options.prover = "/nonexistent/gateway-prover";
  rig.reopen();
  CHECK(rig.active() == "1.1.0");
  CHECK(rig.host->status().parked->release.version == "1.0.0");
  REQUIRE(rig.host->rollback().ok());
  CHECK(rig.answers("1.0.0"));
  CHECK(rig.state() == "active");
}

TEST_CASE("a rollback after a change of configuration runs with the new one") {
  Rig rig;
  rig.open_with(kEcho10);
  REQUIRE(rig.host->swap(kEcho11).ok());
  REQUIRE(rig.host->reconfigure("{\"greeting\":\"new\"}").ok());
  CHECK(contains(rig.call("echo_read"), "\"greeting\":\"new\""));
  REQUIRE(rig.host->rollback().ok());
  CHECK(rig.answers("1.0.0"));
  CHECK(contains(rig.call("echo_read"), "\"greeting\":\"new\""));
}

TEST_CASE("a refused reconfiguration changes nothing") {
  Rig rig;
  rig.open_with(kEcho10);
  const auto refused = rig.host->reconfigure("{\"greeting\":[]}");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == "config_invalid");
  CHECK(contains(rig.call("echo_read"), "\"greeting\":\"hello\""));
  CHECK(contains(rig.call("echo_read"), "\"starts\":1"));
  CHECK(rig.state() == "active");
}

TEST_CASE(
    "each bad library is refused with its own message; the active version answers throughout") {
  Rig rig;
  rig.options.prove_timeout = std::chrono::seconds(3);  // how long the one that hangs takes
  rig.open_with(kEcho10);
  copy_over(kEcho11, rig.temp / "truncated.so");
  fs::resize_file(rig.temp / "truncated.so", fs::file_size(kEcho11) / 2);
  copy_over("/dev/null", rig.temp / "empty.so");
  copy_over("/proc/version", rig.temp / "text.so");
  copy_over(kEcho11, rig.temp / "group_writable.so");
  REQUIRE(::chmod((rig.temp / "group_writable.so").c_str(), 0775) == 0);
  struct Case {
    std::string file;
    std::string code;
  };
  const Case cases[] = {
      {bad_plugin("constructor_crashes"), "prove_crashed"},
      {bad_plugin("constructor_exits"), "prove_exited"},
      {bad_plugin("constructor_hangs"), "prove_timeout"},
      {bad_plugin("null_table"), "no_table"},
      {bad_plugin("missing_entry"), "no_entry"},
      {bad_plugin("extra_dependency"), "extra_dependency"},
      {bad_plugin("wrong_major"), "abi_mismatch"},
      {bad_plugin("good"), "wrong_plugin"},
      {rig.temp / "truncated.so", "truncated_library"},
      {rig.temp / "empty.so", "empty_file"},
      {rig.temp / "text.so", "not_a_library"},
      {rig.temp / "group_writable.so", "unsafe_path"},
  };
  std::vector<std::string> messages;
  for (const Case& c : cases) {
    CAPTURE(c.file);
    const auto refused = rig.host->swap(c.file);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == c.code);
    CHECK(contains(refused.error().message, "the active version 1.0.0 keeps serving"));
    CHECK(rig.state() == "degraded");
    CHECK(rig.host->status().reason == refused.error().message);
    CHECK(rig.answers("1.0.0"));
    messages.push_back(refused.error().message);
  }
  std::sort(messages.begin(), messages.end());
  CHECK(std::unique(messages.begin(), messages.end()) == messages.end());
  CHECK(rig.host->releases().size() == 1);
  CHECK(files_in(rig.root() + "/staging").empty());
  CHECK(files_in(rig.root() + "/loaded").size() == 1);
  // A swap that works ends it.
  REQUIRE(rig.host->swap(kEcho11).ok());
  CHECK(rig.state() == "active");
}

TEST_CASE("a swap that failed is history once the configured file asks for what is active") {
  Rig rig;
  rig.open_with(kEcho10);
  REQUIRE_FALSE(rig.host->swap(bad_plugin("null_table")).ok());
  REQUIRE(rig.state() == "degraded");
  SUBCASE("because it was put there again") {
    rename_over(kEcho10, rig.library());
    CHECK(rig.becomes("active"));
  }
  SUBCASE("because the gateway was started again") {
    rig.reopen();
    CHECK(rig.state() == "active");
  }
  CHECK(rig.host->status().reason == "");
  CHECK(rig.active() == "1.0.0");
}

TEST_CASE(
    "data formats: a swap without a way back is refused, and so is one that cannot read the data") {
  Rig rig("variant");
  rig.open_with(variant("reads_1_writes_1"));
  const auto one_way = rig.host->swap(variant("reads_1_2_writes_2"));
  REQUIRE_FALSE(one_way.ok());
  CHECK(one_way.error().code == "one_way");
  CHECK(rig.active() == "1.0.0");
  // By way of a version that reads both.
  REQUIRE(rig.host->swap(variant("reads_1_2_writes_1")).ok());
  REQUIRE(rig.host->swap(variant("reads_1_2_writes_2")).ok());
  CHECK(rig.active() == "3.0.0");
  // Format 2 is written now: the oldest is shut out, the one in between is not.
  const auto unreadable = rig.host->swap("1.0.0");
  REQUIRE_FALSE(unreadable.ok());
  CHECK(unreadable.error().code == "data_format");
  CHECK(rig.active() == "3.0.0");
  REQUIRE(rig.host->rollback().ok());
  CHECK(rig.active() == "2.0.0");
  CHECK_FALSE(rig.host->swap("1.0.0").ok());
}

TEST_CASE("a build that fails on the real data is refused before it serves") {
  Rig rig("variant");
  rig.open_with(variant("reads_1_writes_1"));
  const auto refused = rig.host->swap(variant("fails_on_data"));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == "warm_up_failed");
  CHECK(rig.active() == "1.0.0");
  CHECK(files_in(rig.root() + "/loaded").size() == 1);
}

TEST_CASE("old releases are removed, but never those in a role") {
  Rig rig;
  rig.open_with(kEcho10);
  const auto first = rig.host->status().active->release.sha256;
  for (int i = 0; i < 14; ++i) {
    copy_over(kEcho11, rig.temp / "build.so", std::string(static_cast<std::size_t>(i) + 1, '#'));
    REQUIRE(rig.host->install(rig.temp / "build.so").ok());
  }
  // The active one, the one just imported, and ten others.
  CHECK(rig.host->releases().size() == 12);
  CHECK(rig.host->releases()[0].release.sha256 == first);
  CHECK(files_in(rig.root() + "/releases").size() == 12);
}

TEST_CASE("a swap whose intent cannot be written is refused, and works once there is space again") {
  Rig rig;
  rig.open_with(kEcho10);
  // A directory where the temporary file would be made: fails for every user, root included.
  fs::create_directory(rig.root() + "/state.json.tmp");
  CHECK(rig.host->swap(kEcho11).error().code == "io_error");
  CHECK(rig.answers("1.0.0"));
  CHECK(rig.state() == "degraded");
  fs::remove(rig.root() + "/state.json.tmp");
  REQUIRE(rig.host->swap(kEcho11).ok());
  CHECK(rig.answers("1.1.0"));
  CHECK(rig.state() == "active");
}

TEST_CASE(
    "a swap that cannot be recorded after the flip is taken back: what serves is what boots") {
  // Told the time, it springs; the host asks for it between the flip and the write of state.json.
  class TrapClock final : public gateway::Clock {
   public:
    std::int64_t now_ms() override {
      if (spring) spring();
      return 1'700'000'000'000;
    }
    std::uint64_t steady_ns() override {
      return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch() /
                                        std::chrono::nanoseconds(1));
    }
    std::function<void()> spring;
  };
  const auto clock = std::make_shared<TrapClock>();
  Rig rig;
  rig.options.clock = clock;
  rig.open_with(kEcho10);
  std::atomic<bool> sprung = false;
  clock->spring = [&] {
    if (sprung || rig.active() != "1.1.0" || sprung.exchange(true)) return;
    fs::create_directory(rig.root() + "/state.json.tmp");
  };
  const auto refused = rig.host->swap(kEcho11);
  REQUIRE(sprung);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == "io_error");
  CHECK(contains(refused.error().message, "the active version 1.0.0 keeps serving"));
  CHECK(rig.answers("1.0.0"));
  fs::remove(rig.root() + "/state.json.tmp");
  rig.reopen();
  CHECK(rig.active() == "1.0.0");
  REQUIRE(rig.host->swap(kEcho11).ok());
  CHECK(rig.answers("1.1.0"));
}
