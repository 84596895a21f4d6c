#include "rollout/machine.hpp"

#include <array>
#include <utility>

namespace gateway_app {
namespace {

using Kind = StepEnd::Kind;

struct Row {
  Step step;
  Step passed;
  Step otherwise;
};
constexpr std::array<Row, kSteps> kTable = {{
    {Step::kPreflight, Step::kProfile, Step::kOver},
    {Step::kProfile, Step::kCanary, Step::kTidyBack},
    {Step::kCanary, Step::kSweeps, Step::kTidyBack},
    {Step::kSweeps, Step::kLifecycle, Step::kTidyBack},
    {Step::kLifecycle, Step::kTidy, Step::kTidyBack},
    {Step::kTidy, Step::kSoak, Step::kTidyBack},
    {Step::kSoak, Step::kFinish, Step::kTidyBack},
    {Step::kFinish, Step::kOver, Step::kOver},
    {Step::kTidyBack, Step::kRevert, Step::kRevert},
    {Step::kRevert, Step::kCalm, Step::kCalm},
    {Step::kCalm, Step::kSettle, Step::kSettle},
    {Step::kSettle, Step::kOver, Step::kOver},
    {Step::kOver, Step::kOver, Step::kOver},
}};

std::string outcome_of(Kind kind) {
  return kind == Kind::kInconclusive ? "inconclusive"
         : kind == Kind::kAborted    ? "aborted"
                                     : "rolled_back";
}

bool going_back(Step step) { return stage_of(step) == Stage::kRollback; }

void leave_stage(RolloutRecord& record, Stage stage, bool passed, std::int64_t now_ms) {
  StageRecord& left = record.at(stage);
  left.state = passed ? "passed" : "failed";
  left.ended_ms = now_ms;
}

void enter_stage(RolloutRecord& record, Stage stage, std::int64_t now_ms) {
  StageRecord& entered = record.at(stage);
  if (entered.state == "running") return;
  entered.state = "running";
  entered.started_ms = now_ms;
}

void end_rollout(RolloutRecord& record, std::int64_t now_ms) {
  record.ended_ms = now_ms;
  record.paused = false;
  for (StageRecord& stage : record.stages) {
    if (stage.state == "waiting") stage.state = "skipped";
  }
  for (RolloutNode& node : record.nodes) {
    if (node.state == "running") node.state = record.outcome == "promoted" ? "passed" : "reverted";
  }
  std::string text = "ended: " + record.outcome;
  if (!record.reason.empty()) text += ": " + record.reason;
  note_event(record, now_ms, "gateway", std::move(text));
}

// Nothing new can breach where nothing was changed for anybody.
bool needs_no_settling(const RolloutRecord& record) {
  return !record.flipped && record.outcome != "rolled_back";
}

void turn_back(RolloutRecord& record, const StepEnd& end) {
  const bool touched = record.step != Step::kPreflight;
  const bool tried = record.step >= Step::kCanary;
  record.outcome = touched || end.kind != Kind::kFailed ? outcome_of(end.kind) : "refused";
  record.reason = end.reason;
  record.trigger = end.trigger;
  record.quarantine = tried && end.kind == Kind::kFailed;
  record.hurry = false;
  record.paused = false;
  for (RolloutNode& node : record.nodes) {
    if (node.state == "running" && end.kind == Kind::kFailed) node.state = "failed";
  }
}

void add_checks(RolloutRecord& record, const Checks& checks) {
  StageRecord& stage = record.at(stage_of(record.step));
  stage.checks.insert(stage.checks.end(), checks.begin(), checks.end());
  if (stage_of(record.step) != Stage::kCanary || record.nodes.empty()) return;
  Checks& gates = record.nodes.front().checks;
  gates.insert(gates.end(), checks.begin(), checks.end());
}

}  // namespace

StepEnd end_by(Checks checks) {
  StepEnd end;
  if (!all_passed(checks)) {
    end.kind = Kind::kFailed;
    end.reason = failures_of(checks);
  }
  end.checks = std::move(checks);
  return end;
}

void note_event(RolloutRecord& record, std::int64_t now_ms, std::string by, std::string text) {
  record.events.push_back({now_ms, std::move(by), std::move(text)});
}

RolloutRecord begin_rollout(std::string id, RolloutPlan plan, const ReleaseId& to,
                            const ReleaseId& from, RolloutNode node, std::int64_t now_ms) {
  RolloutRecord record;
  record.id = std::move(id);
  record.plan = std::move(plan);
  record.to = to;
  record.from = from;
  record.started_ms = now_ms;
  node.state = "running";
  record.nodes.push_back(std::move(node));
  enter_stage(record, Stage::kPreflight, now_ms);
  note_event(record, now_ms, "operator", "started: to " + record.plan.what);
  return record;
}

RolloutRecord advance(RolloutRecord record, const StepEnd& end, std::int64_t now_ms) {
  const Row& row = kTable[static_cast<std::size_t>(record.step)];
  if (record.over()) return record;
  const bool passed = end.kind == Kind::kPassed;
  const Stage before = stage_of(record.step);
  add_checks(record, end.checks);
  if (!passed && going_back(record.step)) {
    StageRecord& stage = record.at(before);
    stage.note += (stage.note.empty() ? "" : "\n") + end.reason;
    note_event(record, now_ms, "gateway",
               std::string(step_name(record.step)) + " left something undone: " + end.reason);
  } else if (!passed && record.step == Step::kFinish) {
    // It is good and it serves: that one setting could not be made changes nothing about that.
    record.at(before).note = end.reason;
    note_event(record, now_ms, "gateway", end.reason);
  } else if (!passed) {
    turn_back(record, end);
    note_event(record, now_ms, record.abort ? "operator" : "gateway",
               "no-go in " + std::string(rollout_stage_name(before)) + ": " + end.reason);
  }
  const bool forward = !going_back(record.step);
  Step next = passed ? row.passed : row.otherwise;
  if (next == Step::kSettle && needs_no_settling(record)) next = Step::kOver;
  if (record.step == Step::kFinish) record.outcome = "promoted";
  record.step = next;
  const Stage after = stage_of(next);
  if (after != before || next == Step::kOver) {
    leave_stage(record, before,
                forward ? passed || before == Stage::kDone : record.at(before).note.empty(),
                now_ms);
  }
  if (next == Step::kOver) {
    end_rollout(record, now_ms);
  } else if (after != before) {
    enter_stage(record, after, now_ms);
  }
  return record;
}

RolloutRecord go_back(RolloutRecord record, std::int64_t now_ms) {
  record.step = Step::kTidyBack;
  record.outcome = "rolled_back";
  record.reason = "the operator went back to the release before";
  record.quarantine = false;
  record.ended_ms = 0;
  for (RolloutNode& node : record.nodes) node.state = "running";
  record.at(Stage::kRollback) = {};
  enter_stage(record, Stage::kRollback, now_ms);
  note_event(record, now_ms, "operator", "rollback ordered");
  return record;
}

int exit_of_rollout(std::string_view outcome) {
  return outcome == "promoted" ? 0 : outcome == "inconclusive" ? 5 : 1;
}

}  // namespace gateway_app
