// What operators may order when, and what becomes of it.
#include "rollout/orders.hpp"

#include <doctest/doctest.h>

#include "rollout/machine.hpp"

using namespace gateway_app;

namespace {

constexpr std::int64_t kNow = 1'000;

RolloutRecord at(Step step) {
  RolloutRecord record = begin_rollout("r", {.what = "1.1.0"}, {}, {"1.0.0", "b", "aa"},
                                       {.id = "n1", .coordinator = true}, kNow);
  while (record.step != step) record = advance(record, {}, kNow);
  return record;
}

std::string code_of(const RolloutRecord& record, RolloutOrder order) {
  const auto refusal = refuse_order(record, order);
  return refusal ? refusal->code : "";
}

constexpr RolloutOrder kGoingOn[] = {RolloutOrder::kPause, RolloutOrder::kResume,
                                     RolloutOrder::kPromote, RolloutOrder::kAbort};

}  // namespace

TEST_CASE("a rollout that goes forward takes every order but rollback") {
  for (const Step step : {Step::kPreflight, Step::kCanary, Step::kLifecycle, Step::kSoak}) {
    for (const RolloutOrder order : kGoingOn) CHECK(code_of(at(step), order) == "");
    CHECK(code_of(at(step), RolloutOrder::kRollback) == "rollout_running");
  }
}

TEST_CASE("one that goes back, or is over, takes none; a promoted one may be taken back once") {
  RolloutRecord back = advance(at(Step::kCanary), {StepEnd::Kind::kFailed, {}, "why", {}}, kNow);
  const RolloutRecord promoted = at(Step::kOver);
  for (const RolloutOrder order : kGoingOn) {
    CHECK(code_of(back, order) == "rollout_over");
    CHECK(code_of(promoted, order) == "rollout_over");
  }
  CHECK(code_of(back, RolloutOrder::kRollback) == "rollout_running");
  CHECK(code_of(promoted, RolloutOrder::kRollback) == "");
  while (!back.over()) back = advance(back, {}, kNow);
  CHECK(code_of(back, RolloutOrder::kRollback) == "rollout_over");
}

TEST_CASE("orders are written down with who gave them, and one that goes on ends a pause") {
  RolloutRecord record = at(Step::kCanary);
  const std::size_t before = record.events.size();
  apply_order(record, RolloutOrder::kPause, kNow);
  apply_order(record, RolloutOrder::kPause, kNow);
  CHECK(rollout_state(record) == "paused");
  CHECK(record.events.size() == before + 1);
  CHECK(record.events.back().by == "operator");
  apply_order(record, RolloutOrder::kPromote, kNow);
  CHECK(record.hurry);
  CHECK(rollout_state(record) == "running");
  CHECK(record.events.back().text == "promote ordered in canary");
  apply_order(record, RolloutOrder::kAbort, kNow);
  CHECK(record.abort);
  record = at(Step::kOver);
  apply_order(record, RolloutOrder::kRollback, kNow);
  CHECK(rollout_state(record) == "rolling_back");
}
