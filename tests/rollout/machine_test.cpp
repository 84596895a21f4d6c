// The runbook's state machine: what comes after a step, given how it ended.
#include "rollout/machine.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace gateway_app;
using Kind = StepEnd::Kind;

namespace {

constexpr std::int64_t kNow = 1'000;

RolloutRecord begun() {
  return begin_rollout("0000000001000-1.1.0", {.what = "1.1.0"}, {}, {"1.0.0", "b", "aa"},
                       {.id = "n1", .coordinator = true}, kNow);
}

// A rollout that has passed everything before `step`.
RolloutRecord at(Step step) {
  RolloutRecord record = begun();
  while (record.step != step) record = advance(record, {}, kNow);
  return record;
}

StepEnd ended(Kind kind, const std::string& reason = "why") { return {kind, {}, reason, {}}; }

std::vector<Step> walk(RolloutRecord record) {
  std::vector<Step> steps;
  while (!record.over()) {
    steps.push_back(record.step);
    record = advance(record, {}, kNow);
  }
  return steps;
}

}  // namespace

TEST_CASE("a rollout that passes everything goes through all phases and is promoted") {
  CHECK(walk(begun()) == std::vector<Step>{Step::kPreflight, Step::kProfile, Step::kCanary,
                                           Step::kSweeps, Step::kLifecycle, Step::kTidy,
                                           Step::kSoak, Step::kFinish});
  const RolloutRecord done = at(Step::kOver);
  CHECK(done.outcome == "promoted");
  CHECK(rollout_state(done) == "promoted");
  for (const Stage stage :
       {Stage::kPreflight, Stage::kCanary, Stage::kLifecycle, Stage::kExpand, Stage::kDone}) {
    CHECK(done.at(stage).state == "passed");
  }
  CHECK(done.at(Stage::kRollback).state == "skipped");
  CHECK(done.nodes.front().state == "passed");
}

TEST_CASE("how a step that does not pass ends the rollout") {
  struct Row {
    Step step;
    Kind kind;
    Step next;
    const char* outcome;
    bool quarantine;
  };
  const Row rows[] = {
      {Step::kPreflight, Kind::kFailed, Step::kOver, "refused", false},
      {Step::kPreflight, Kind::kAborted, Step::kOver, "aborted", false},
      {Step::kProfile, Kind::kFailed, Step::kTidyBack, "rolled_back", false},
      {Step::kCanary, Kind::kFailed, Step::kTidyBack, "rolled_back", true},
      {Step::kCanary, Kind::kInconclusive, Step::kTidyBack, "inconclusive", false},
      {Step::kCanary, Kind::kAborted, Step::kTidyBack, "aborted", false},
      {Step::kSweeps, Kind::kFailed, Step::kTidyBack, "rolled_back", true},
      {Step::kLifecycle, Kind::kFailed, Step::kTidyBack, "rolled_back", true},
      {Step::kTidy, Kind::kFailed, Step::kTidyBack, "rolled_back", true},
      {Step::kSoak, Kind::kFailed, Step::kTidyBack, "rolled_back", true},
      {Step::kSoak, Kind::kInconclusive, Step::kTidyBack, "inconclusive", false},
      {Step::kFinish, Kind::kFailed, Step::kOver, "promoted", false},
  };
  for (const Row& row : rows) {
    CAPTURE(step_name(row.step));
    const RolloutRecord record = advance(at(row.step), ended(row.kind), kNow);
    CHECK(record.step == row.next);
    CHECK(record.outcome == row.outcome);
    CHECK(record.quarantine == row.quarantine);
    if (record.outcome != "promoted") CHECK(record.reason == "why");
  }
}

TEST_CASE("going back undoes everything in order, and sweeps until it is quiet") {
  RolloutRecord record = at(Step::kSoak);
  record.flipped = true;
  record = advance(record, ended(Kind::kFailed), kNow);
  CHECK(rollout_state(record) == "rolling_back");
  CHECK(walk(record) ==
        std::vector<Step>{Step::kTidyBack, Step::kRevert, Step::kCalm, Step::kSettle});
}

TEST_CASE("where the candidate never served and nothing failed, nobody sweeps afterwards") {
  const RolloutRecord record = advance(at(Step::kCanary), ended(Kind::kInconclusive), kNow);
  CHECK(walk(record) == std::vector<Step>{Step::kTidyBack, Step::kRevert, Step::kCalm});
}

TEST_CASE("a step back that cannot be made is noted, and the next is made all the same") {
  RolloutRecord record = advance(at(Step::kSweeps), ended(Kind::kFailed, "first"), kNow);
  record = advance(record, ended(Kind::kFailed, "second"), kNow);
  CHECK(record.step == Step::kRevert);
  CHECK(record.outcome == "rolled_back");
  CHECK(record.reason == "first");
  while (!record.over()) record = advance(record, {}, kNow);
  CHECK(record.at(Stage::kRollback).state == "failed");
  CHECK(record.at(Stage::kRollback).note == "second");
}

TEST_CASE("the operator goes back from a promoted release; nothing is quarantined") {
  const RolloutRecord record = go_back(at(Step::kOver), kNow);
  CHECK(record.step == Step::kTidyBack);
  CHECK(record.outcome == "rolled_back");
  CHECK_FALSE(record.quarantine);
  RolloutRecord end = record;
  while (!end.over()) end = advance(end, {}, kNow);
  CHECK(end.outcome == "rolled_back");
  CHECK(end.nodes.front().state == "reverted");
}

TEST_CASE("checks fail a step with their numbers as the reason") {
  const StepEnd end = end_by(
      {at_most("sweep_messages", 2, 0, "written by record-only sweeps"), holds("proved", true)});
  CHECK(end.kind == Kind::kFailed);
  CHECK(end.reason == "sweep messages 2 (at most 0): written by record-only sweeps");
  const RolloutRecord record = advance(at(Step::kSweeps), end, kNow);
  CHECK(record.at(Stage::kCanary).state == "failed");
  REQUIRE(record.at(Stage::kCanary).checks.size() == 2);
  CHECK(record.nodes.front().checks.size() == 2);
  CHECK(record.nodes.front().state == "failed");
}

TEST_CASE("the exit status tells how it ended") {
  CHECK(exit_of_rollout("promoted") == 0);
  CHECK(exit_of_rollout("inconclusive") == 5);
  for (const char* outcome : {"rolled_back", "aborted", "refused"}) {
    CHECK(exit_of_rollout(outcome) == 1);
  }
}
