#include "rollout/record.hpp"

#include <algorithm>

#include "rollout/fields.hpp"

namespace gateway_app {
namespace {

constexpr std::array<std::string_view, kSteps> kStepNames = {
    "preflight", "profile",   "canary", "sweeps", "lifecycle", "tidy", "soak",
    "finish",    "tidy_back", "revert", "calm",   "settle",    "over"};
constexpr std::array<std::string_view, kStages> kStageNames = {"preflight", "canary", "lifecycle",
                                                               "expand",    "done",   "rollback"};
constexpr std::array<Stage, kSteps> kStageOf = {
    Stage::kPreflight, Stage::kCanary,   Stage::kCanary, Stage::kCanary,   Stage::kLifecycle,
    Stage::kLifecycle, Stage::kExpand,   Stage::kDone,   Stage::kRollback, Stage::kRollback,
    Stage::kRollback,  Stage::kRollback, Stage::kDone};

json::object release_json(const ReleaseId& release) {
  return {{"version", release.version}, {"buildId", release.build_id}, {"sha256", release.sha256}};
}

ReleaseId release_from(const json::object& from) {
  ReleaseId release;
  release.version = fields::text(from, "version");
  release.build_id = fields::text(from, "buildId");
  release.sha256 = fields::text(from, "sha256");
  return release;
}

json::array checks_json(const Checks& checks) {
  json::array out;
  for (const Check& check : checks) out.push_back(to_json(check));
  return out;
}

Checks checks_from(const json::array& from) {
  Checks checks;
  for (const json::value& check : from) {
    if (check.is_object()) checks.push_back(check_from_json(check.get_object()));
  }
  return checks;
}

json::object stage_json(Stage stage, const StageRecord& record) {
  return {{"phase", rollout_stage_name(stage)},   {"state", record.state},
          {"startedMs", record.started_ms},       {"endedMs", record.ended_ms},
          {"checks", checks_json(record.checks)}, {"note", record.note}};
}

StageRecord stage_from(const json::object& from) {
  StageRecord stage;
  stage.state = fields::text(from, "state");
  stage.started_ms = fields::integer(from, "startedMs");
  stage.ended_ms = fields::integer(from, "endedMs");
  stage.checks = checks_from(fields::array(from, "checks"));
  stage.note = fields::text(from, "note");
  return stage;
}

json::object node_json(const RolloutNode& node) {
  return {{"node", node.id},   {"tier", node.tier},   {"coordinator", node.coordinator},
          {"wave", node.wave}, {"state", node.state}, {"checks", checks_json(node.checks)}};
}

RolloutNode node_from(const json::object& from) {
  RolloutNode node;
  node.id = fields::text(from, "node");
  node.tier = fields::text(from, "tier");
  node.coordinator = fields::flag(from, "coordinator");
  node.wave = static_cast<std::uint32_t>(fields::integer(from, "wave"));
  node.state = fields::text(from, "state");
  node.checks = checks_from(fields::array(from, "checks"));
  return node;
}

json::object plan_json(const RolloutPlan& plan) {
  json::object out{{"what", plan.what},
                   {"canary", plan.canary},
                   {"notifications", nullptr},
                   {"settleSeconds", plan.settle_seconds}};
  if (plan.notifications) out["notifications"] = *plan.notifications;
  return out;
}

RolloutPlan plan_from(const json::object& from) {
  RolloutPlan plan;
  plan.what = fields::text(from, "what");
  plan.canary = fields::object(from, "canary");
  const json::value* most = from.if_contains("notifications");
  if (most != nullptr && most->is_int64()) plan.notifications = most->get_int64();
  plan.settle_seconds = fields::number(from, "settleSeconds");
  return plan;
}

json::array events_json(const std::vector<RolloutEvent>& events) {
  json::array out;
  for (const RolloutEvent& event : events) {
    out.push_back(json::object{{"at", event.at_ms}, {"by", event.by}, {"text", event.text}});
  }
  return out;
}

template <class Row, class Read>
std::vector<Row> rows_from(const json::array& from, const Read& read) {
  std::vector<Row> rows;
  for (const json::value& row : from) {
    if (row.is_object()) rows.push_back(read(row.get_object()));
  }
  return rows;
}

}  // namespace

std::string_view step_name(Step step) { return kStepNames[static_cast<std::size_t>(step)]; }

std::optional<Step> step_of(std::string_view name) {
  const auto* at = std::find(kStepNames.begin(), kStepNames.end(), name);
  if (at == kStepNames.end()) return std::nullopt;
  return static_cast<Step>(at - kStepNames.begin());
}

std::string_view rollout_stage_name(Stage stage) {
  return kStageNames[static_cast<std::size_t>(stage)];
}

Stage stage_of(Step step) { return kStageOf[static_cast<std::size_t>(step)]; }

std::string rollout_state(const RolloutRecord& record) {
  if (record.over()) return record.outcome;
  if (stage_of(record.step) == Stage::kRollback) return "rolling_back";
  return record.paused ? "paused" : "running";
}

json::object to_json(const RolloutRecord& record) {
  json::array stages;
  for (std::size_t i = 0; i < kStages; ++i) {
    stages.push_back(stage_json(static_cast<Stage>(i), record.stages[i]));
  }
  json::array nodes;
  for (const RolloutNode& node : record.nodes) nodes.push_back(node_json(node));
  return {{"id", record.id},
          {"state", rollout_state(record)},
          {"step", step_name(record.step)},
          {"to", release_json(record.to)},
          {"from", release_json(record.from)},
          {"plan", plan_json(record.plan)},
          {"outcome", record.outcome},
          {"reason", record.reason},
          {"trigger", record.trigger},
          {"paused", record.paused},
          {"hurry", record.hurry},
          {"flipped", record.flipped},
          {"quarantine", record.quarantine},
          {"abort", record.abort},
          {"startedMs", record.started_ms},
          {"endedMs", record.ended_ms},
          {"canaryId", record.canary_id},
          {"slaBefore", record.sla_before},
          {"madeAgents", record.made_agents},
          {"phases", std::move(stages)},
          {"nodes", std::move(nodes)},
          {"events", events_json(record.events)},
          {"enableCommand", record.enable_command}};
}

gateway::Result<RolloutRecord> rollout_from_json(const json::object& from) {
  const auto step = step_of(fields::text(from, "step"));
  if (!step || fields::text(from, "id").empty()) {
    return gateway::Error{"record_unreadable",
                          "expected a rollout's record with an id and a step, got step \"" +
                              fields::text(from, "step") + "\""};
  }
  RolloutRecord record;
  record.id = fields::text(from, "id");
  record.step = *step;
  record.to = release_from(fields::object(from, "to"));
  record.from = release_from(fields::object(from, "from"));
  record.plan = plan_from(fields::object(from, "plan"));
  record.outcome = fields::text(from, "outcome");
  record.reason = fields::text(from, "reason");
  record.trigger = fields::text(from, "trigger");
  record.paused = fields::flag(from, "paused");
  record.hurry = fields::flag(from, "hurry");
  record.flipped = fields::flag(from, "flipped");
  record.quarantine = fields::flag(from, "quarantine");
  record.abort = fields::flag(from, "abort");
  record.started_ms = fields::integer(from, "startedMs");
  record.ended_ms = fields::integer(from, "endedMs");
  record.canary_id = fields::text(from, "canaryId");
  record.sla_before = fields::object(from, "slaBefore");
  record.made_agents = fields::flag(from, "madeAgents");
  const auto stages = rows_from<StageRecord>(fields::array(from, "phases"), stage_from);
  std::copy_n(stages.begin(), std::min(stages.size(), kStages), record.stages.begin());
  record.nodes = rows_from<RolloutNode>(fields::array(from, "nodes"), node_from);
  record.events = rows_from<RolloutEvent>(fields::array(from, "events"), [](const auto& event) {
    return RolloutEvent{fields::integer(event, "at"), fields::text(event, "by"),
                        fields::text(event, "text")};
  });
  record.enable_command = fields::text(from, "enableCommand");
  return record;
}

}  // namespace gateway_app
