// A rollout's record: on disk, and as a report.
#include "rollout/record.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "rollout/machine.hpp"
#include "rollout/report.hpp"
#include "rollout/store.hpp"
#include "support/process.hpp"

using namespace gateway_app;

namespace {

RolloutRecord full_record() {
  RolloutRecord record = begin_rollout(
      "0000000001000-1.1.0",
      {.what = "1.1.0", .canary = {{"minSamples", 8}}, .notifications = 3, .settle_seconds = 0.5},
      {}, {"1.0.0", "build-a", std::string(64, 'a')}, {.id = "n1", .coordinator = true}, 1'000);
  record.to = {"1.1.0", "build-b", std::string(64, 'b')};
  record = advance(record, end_by({at_least("contract_vectors", 12, 12)}), 2'000);
  record.sla_before = {{"recordOnly", {{"value", false}, {"source", "config"}}}};
  record.canary_id = "c1";
  record.made_agents = true;
  record.hurry = true;
  record.abort = true;
  record.enable_command = "openclaw ansible sla policy set --record-only false";
  return advance(record, end_by({at_most("sweep_messages", 2, 0, "a | b\nc")}), 3'000);
}

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("a record that is written and read again is the same") {
  const RolloutRecord record = full_record();
  const auto again = rollout_from_json(to_json(record));
  REQUIRE(again.ok());
  CHECK(json::canonical(to_json(*again)) == json::canonical(to_json(record)));
  CHECK(again->plan.notifications == 3);
  CHECK(again->step == record.step);
}

TEST_CASE("a record without a known step is refused") {
  json::object from = to_json(full_record());
  from["step"] = "dance";
  const auto read = rollout_from_json(from);
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().code == "record_unreadable");
}

TEST_CASE("records are closed to others, the newest is found, and a half-written file is none") {
  const test::TempDir dir;
  const RolloutStore store(dir / "rollouts");
  REQUIRE(store.newest().ok());
  CHECK_FALSE(store.newest()->has_value());
  RolloutRecord record = full_record();
  REQUIRE(store.save(record).ok());
  record.id = "0000000002000-1.2.0";
  REQUIRE(store.save(record).ok());
  CHECK((*store.newest())->id == record.id);
  CHECK(store.find("0000000001000-1.1.0").ok());
  CHECK(store.find("../rollouts/0000000001000-1.1.0").error().code == "not_found");
  CHECK(mode_of(dir / "rollouts") == 0700);
  for (const char* name : {"record.json", "report.md", "report.json"}) {
    CHECK(mode_of(store.directory_of(record.id) + "/" + name) == 0600);
  }
  std::ofstream(store.directory_of(record.id) + "/record.json") << "{\"id\":";
  CHECK(store.newest().error().code == "record_unreadable");
}

TEST_CASE("a rollout is started when its record is on the disk, also without reports") {
  const test::TempDir dir;
  const RolloutRecord record = full_record();
  std::vector<std::string> told;
  const RolloutStore store(dir.path(), [&](std::uint32_t, std::string_view, std::string_view text) {
    told.emplace_back(text);
  });
  // What stands in the way of the reports, as a full disk would.
  const std::string place = store.directory_of(record.id);
  std::filesystem::create_directories(place + "/report.json.tmp");
  std::filesystem::create_directories(place + "/report.md.tmp");
  REQUIRE(store.save(record).ok());
  CHECK(store.find(record.id).ok());
  CHECK(told.size() == 2);
  // A record that cannot be written is not found later.
  RolloutRecord other = record;
  other.id = "0000000009000-2.0.0";
  std::filesystem::create_directories(store.directory_of(other.id) + "/record.json.tmp");
  CHECK_FALSE(store.save(other).ok());
  CHECK(store.newest().value()->id == record.id);
}

TEST_CASE("the report shows every gate with its number and threshold") {
  const std::string text = rollout_markdown(full_record());
  for (const char* part :
       {"# Rollout 0000000001000-1.1.0", "state: **rolling_back**",
        "1.1.0 (bbbbbbbbbbbb, build build-b)", "## Phase 0: preflight: passed",
        "| contract_vectors | 12 | at least 12 | go |  |", "## Phase 1: canary: failed",
        "| sweep_messages | 2 | at most 0 | **no-go** | a \\| b c |", "## Rollback: running",
        "| n1 | backbone, coordinator | 0 | failed |", "started: to 1.1.0"}) {
    CHECK_MESSAGE(text.find(part) != std::string::npos, part << " is missing in\n" << text);
  }
}
