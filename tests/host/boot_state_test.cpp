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

gateway::HistoryEntry entry(std::int64_t at_ms, std::string event, gateway::ReleaseId id,
                            std::string detail = "") {
  gateway::HistoryEntry out;
  out.at_ms = at_ms;
  out.event = std::move(event);
  out.release = std::move(id);
  out.detail = std::move(detail);
  return out;
}

BootState sample() {
  BootState state;
  state.stable = {release('a', "1.1.0"), 200};
  state.previous = {release('b', "1.0.0"), 100};
  state.intent = gateway::Intent{"swap", release('c', "1.2.0"), 300};
  state.file_sha256 = std::string(64, 'a');
  state.file_trouble = "not a library";
  state.swap_trouble = "refused";
  state.record(entry(100, "activated", release('b', "1.0.0")));
  state.record(entry(200, "activated", release('a', "1.1.0"), "by \"file\"\nchange"));
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
                              "{\"schema\":1,\"candidate\":{}}",
                              "{\"schema\":1,\"marks\":[7]}",
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
      "{\"schema\":1,\"stable\":null,\"mood\":{},\"candidate\":null,\"tries\":0}");
  CHECK(state.ok());
}

TEST_CASE("foreign bytes in a message do not make the state unreadable") {
  BootState state;
  state.file_trouble = "cannot open caf\xe9.so";
  state.record(entry(1, "refused", {}, std::string(10'000, '\xff')));
  const auto read = gateway::parse_boot_state(gateway::to_json(state));
  REQUIRE(read.ok());
  CHECK(read->file_trouble == "cannot open caf?.so");
}

// Whatever plugins and operators say, as long and as awkward as they like.
TEST_CASE("a state that is as full as it can be is read again at the next boot") {
  const std::string loud(8'000, '\x01');
  BootState state;
  state.stable = {release('a', "1.0.0"), 1};
  for (std::size_t i = 0; i < BootState::kMaxMarks; ++i) {
    gateway::ReleaseId id = release('b', "1.1.0");
    id.sha256 = std::string(61, 'b') + std::to_string(100 + i);
    state.quarantine(id, {1, loud, loud});
  }
  for (std::size_t i = 0; i < BootState::kMaxDecisions; ++i) {
    auto decision = entry(static_cast<std::int64_t>(i), "refused", release('b', "1.1.0"), loud);
    decision.evidence.assign(80, std::string(200, '"'));
    state.record(std::move(decision));
  }
  const TempDir temp;
  REQUIRE(gateway::save_boot_state(temp / "state.json", state).ok());
  const auto loaded = gateway::load_boot_state(temp / "state.json");
  REQUIRE(loaded.ok());
  CHECK(loaded->problem == "");
  REQUIRE(loaded->state.stable.has_value());
  CHECK(loaded->state.marks.size() == BootState::kMaxMarks);
  REQUIRE_FALSE(loaded->state.decisions.empty());  // the newest of them
  CHECK(loaded->state.decisions.front().at_ms == BootState::kMaxDecisions - 1);
}

TEST_CASE("the history is bounded and keeps the newest decisions") {
  BootState state;
  for (int i = 0; i < 500; ++i) state.record(entry(i, "activated", release('a', "1.0.0")));
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

TEST_CASE("a trial, the marks and a decision with its figures survive a restart") {
  BootState state;
  state.make_stable(release('a', "1.0.0"), 100);
  state.begin_trial(release('b', "1.1.0"), gateway::Phase::kShadow, 200);
  state.enter_phase(gateway::Phase::kSplit, 300);
  state.candidate->tries = 1;
  state.candidate->progress = "{\"percent\":5}";
  state.quarantine(release('c', "1.2.0"), {250, "it crashed", "gateway"});
  auto decision = entry(300, "rolled_back", release('c', "1.2.0"));
  decision.by = "gateway";
  decision.phase = "watch";
  decision.verdict = "fail";
  decision.figures.push_back({"internal_rate", 0.25, 0, 0.01, true});
  decision.evidence.emplace_back("/var/evidence/1.json");
  state.record(decision);

  const auto read = gateway::parse_boot_state(gateway::to_json(state));
  REQUIRE(read.ok());
  REQUIRE(read->candidate.has_value());
  CHECK(read->candidate->release.version == "1.1.0");
  CHECK(read->candidate->phase == gateway::Phase::kSplit);
  CHECK(read->candidate->since_ms == 200);
  CHECK(read->candidate->phase_since_ms == 300);
  CHECK(read->candidate->tries == 1);
  CHECK(read->candidate->progress == "{\"percent\":5}");
  CHECK(read->good(std::string(64, 'a')));
  CHECK_FALSE(read->good(std::string(64, 'b')));
  const gateway::Quarantine* why = read->quarantined(std::string(64, 'c'));
  REQUIRE(why != nullptr);
  CHECK(why->reason == "it crashed");
  CHECK(why->by == "gateway");
  CHECK(why->since_ms == 250);
  REQUIRE(read->decisions.size() == 1);
  const gateway::HistoryEntry& seen = read->decisions.front();
  CHECK(seen.by == "gateway");
  CHECK(seen.phase == "watch");
  CHECK(seen.verdict == "fail");
  REQUIRE(seen.figures.size() == 1);
  CHECK(seen.figures[0].name == "internal_rate");
  CHECK(seen.figures[0].value == 0.25);
  CHECK(seen.figures[0].threshold == 0.01);
  CHECK(seen.figures[0].exceeded);
  CHECK(seen.evidence == decision.evidence);
  CHECK(gateway::to_json(*read) == gateway::to_json(state));
}

TEST_CASE("a state.json written before there were marks: its stable release counts as good") {
  const auto read = gateway::parse_boot_state(
      "{\"schema\":1,\"stable\":{\"version\":\"1.0.0\",\"buildId\":\"b\",\"sha256\":\"" +
      std::string(64, 'a') + "\",\"sinceMs\":7},\"decisions\":[]}");
  REQUIRE(read.ok());
  CHECK(read->good(std::string(64, 'a')));
  CHECK_FALSE(read->candidate.has_value());
}

TEST_CASE("what serves and boots, through a life of releases") {
  const std::string a(64, 'a'), b(64, 'b'), c(64, 'c');
  BootState state;
  CHECK_FALSE(state.serving().has_value());
  state.make_stable(release('a', "1.0.0"), 100);
  CHECK(state.serves(a));
  CHECK(state.good(a));
  CHECK_FALSE(state.previous.has_value());

  // A direct swap serves at once, and stable is what to go back to.
  state.begin_trial(release('b', "1.1.0"), gateway::Phase::kWatch, 200);
  CHECK(state.serves(b));
  CHECK(state.serving()->since_ms == 200);
  CHECK(state.stable->release.sha256 == a);
  CHECK(state.previous->release.sha256 == a);
  CHECK_FALSE(state.good(b));

  // Back, without a verdict: the way forward is open.
  state.drop_trial(300);
  CHECK(state.serves(a));
  CHECK(state.serving()->since_ms == 300);
  CHECK(state.previous->release.sha256 == b);

  // Again, to the end of its window.
  state.begin_trial(release('b', "1.1.0"), gateway::Phase::kWatch, 400);
  state.pass_trial(700);
  CHECK_FALSE(state.candidate.has_value());
  CHECK(state.stable->release.sha256 == b);
  CHECK(state.stable->since_ms == 400);
  CHECK(state.good(b));
  CHECK(state.previous->release.sha256 == a);

  // A canary: serves nothing until it is promoted.
  state.begin_trial(release('c', "1.2.0"), gateway::Phase::kShadow, 800);
  CHECK(state.serves(b));
  CHECK(state.previous->release.sha256 == a);
  state.enter_phase(gateway::Phase::kSoak, 900);
  CHECK(state.serves(c));
  CHECK(state.previous->release.sha256 == b);

  // Failed: quarantined, and no way leads back to it.
  state.quarantine(release('c', "1.2.0"), {950, "too slow", "gateway"});
  state.drop_trial(950);
  CHECK(state.serves(b));
  CHECK_FALSE(state.previous.has_value());
  CHECK(state.quarantined(c) != nullptr);
  CHECK(state.lift_quarantine(c));
  CHECK_FALSE(state.lift_quarantine(c));
  CHECK(state.quarantined(c) == nullptr);
}

TEST_CASE("the marks are bounded: old good ones are forgotten before a quarantine") {
  BootState state;
  const auto numbered = [](std::size_t n) {
    std::string digest = std::to_string(n);
    return gateway::ReleaseId{"1.0.0", "b", std::string(64 - digest.size(), '0') + digest};
  };
  state.quarantine(numbered(0), {1, "bad", "operator"});
  for (std::size_t n = 1; n <= BootState::kMaxMarks; ++n) {
    state.mark_good(numbered(n), static_cast<std::int64_t>(n) + 10);
  }
  CHECK(state.marks.size() == BootState::kMaxMarks);
  CHECK(state.quarantined(numbered(0).sha256) != nullptr);
  CHECK_FALSE(state.good(numbered(1).sha256));
  CHECK(state.good(numbered(BootState::kMaxMarks).sha256));
}
