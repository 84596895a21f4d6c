#include "host/boot_state.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "host/files.hpp"

using gateway::BootState;
using test::TempDir;
namespace fs = std::filesystem;

namespace {

gateway::ReleaseId release(char digit, const std::string& version) {
  return {version, "build " + version, std::string(64, digit)};
}

BootState sample() {
  BootState state;
  state.stable = {release('a', "1.1.0"), 200};
  state.previous = {release('b', "1.0.0"), 100};
  state.intent = gateway::Intent{"swap", release('c', "1.2.0"), 300};
  state.file_sha256 = std::string(64, 'a');
  state.file_trouble = "not a library";
  state.swap_trouble = "refused";
  state.record({100, "activated", release('b', "1.0.0"), ""});
  state.record({200, "activated", release('a', "1.1.0"), "by \"file\"\nchange"});
  return state;
}

}  // namespace

TEST_CASE("the boot state that was saved is the one that is read") {
  const TempDir temp;
  REQUIRE(gateway::save_boot_state(temp / "state.json", sample()).ok());
  CHECK(test::mode_of(temp / "state.json") == 0600);
  const auto loaded = gateway::load_boot_state(temp / "state.json");
  REQUIRE(loaded.ok());
  CHECK(loaded->problem.empty());
  const BootState& state = loaded->state;
  REQUIRE(state.stable.has_value());
  CHECK(state.stable->release.version == "1.1.0");
  CHECK(state.stable->release.build_id == "build 1.1.0");
  CHECK(state.stable->release.sha256 == std::string(64, 'a'));
  CHECK(state.stable->since_ms == 200);
  REQUIRE(state.previous.has_value());
  CHECK(state.previous->release.version == "1.0.0");
  REQUIRE(state.intent.has_value());
  CHECK(state.intent->action == "swap");
  CHECK(state.intent->release.version == "1.2.0");
  CHECK(state.file_sha256 == std::string(64, 'a'));
  CHECK(state.file_trouble == "not a library");
  CHECK(state.swap_trouble == "refused");
  REQUIRE(state.decisions.size() == 2);
  CHECK(state.decisions[0].detail == "by \"file\"\nchange");
  CHECK(state.decisions[1].at_ms == 100);
}

TEST_CASE("a missing state.json is an empty state") {
  const TempDir temp;
  const auto loaded = gateway::load_boot_state(temp / "state.json");
  REQUIRE(loaded.ok());
  CHECK(loaded->problem.empty());
  CHECK_FALSE(loaded->state.stable.has_value());
  CHECK(gateway::to_json(loaded->state) == gateway::to_json(BootState{}));
}

TEST_CASE("a state.json that cannot be understood is put aside and reported, never overwritten") {
  const char* const kBad[] = {"",
                              "{",
                              "[]",
                              "{\"schema\":2}",
                              "{\"schema\":1,\"stable\":7}",
                              "{\"schema\":1,\"stable\":{\"version\":\"1\"}}",
                              "{\"schema\":1,\"decisions\":{}}",
                              "\xff\xfe"};
  for (const char* text : kBad) {
    CAPTURE(text);
    const TempDir temp;
    test::write_text(temp / "state.json", text);
    const auto loaded = gateway::load_boot_state(temp / "state.json");
    REQUIRE(loaded.ok());
    CHECK_FALSE(loaded->state.stable.has_value());
    CHECK(loaded->problem.find("state.json.unreadable-1") != std::string::npos);
    CHECK_FALSE(fs::exists(temp / "state.json"));
    CHECK(test::read_text(temp / "state.json.unreadable-1") == text);
  }
}

TEST_CASE("a second unreadable state.json does not replace the first one put aside") {
  const TempDir temp;
  for (const char* text : {"first", "second"}) {
    test::write_text(temp / "state.json", text);
    REQUIRE(gateway::load_boot_state(temp / "state.json").ok());
  }
  CHECK(test::read_text(temp / "state.json.unreadable-1") == "first");
  CHECK(test::read_text(temp / "state.json.unreadable-2") == "second");
}

TEST_CASE("members that a later gateway added are ignored") {
  const auto state = gateway::parse_boot_state(
      "{\"schema\":1,\"stable\":null,\"candidate\":{},\"tries\":2,\"quarantine\":[]}");
  CHECK(state.ok());
}

TEST_CASE("foreign bytes in a message do not make the state unreadable") {
  BootState state;
  state.file_trouble = "cannot open caf\xe9.so";
  state.record({1, "refused", {}, std::string(10'000, '\xff')});
  const auto read = gateway::parse_boot_state(gateway::to_json(state));
  REQUIRE(read.ok());
  CHECK(read->file_trouble == "cannot open caf?.so");
}

TEST_CASE("the history is bounded and keeps the newest decisions") {
  BootState state;
  for (int i = 0; i < 500; ++i) state.record({i, "activated", release('a', "1.0.0"), ""});
  REQUIRE(state.decisions.size() == BootState::kMaxDecisions);
  CHECK(state.decisions.front().at_ms == 499);
}

TEST_CASE("a failed save leaves the old state in place") {
  const TempDir temp;
  REQUIRE(gateway::save_boot_state(temp / "state.json", sample()).ok());
  // A directory where the temporary file would be made: works for every user, root included.
  fs::create_directory(temp / "state.json.tmp");
  CHECK_FALSE(gateway::save_boot_state(temp / "state.json", BootState{}).ok());
  const auto loaded = gateway::load_boot_state(temp / "state.json");
  REQUIRE(loaded.ok());
  CHECK(loaded->state.stable.has_value());
}
