// What is known about a rollout: written down before and after each of its steps, so that whoever comes up next goes on.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "gateway/error.hpp"
#include "gateway/instance.hpp"
#include "rollout/check.hpp"

namespace gateway_app {

using gateway::ReleaseId;

// What a rollout does next. Each may be done again after a kill in the middle of it.
enum class Step : std::uint8_t {
  // forward
  kPreflight,  // verify and prove, contract vectors, data formats
  kProfile,    // the safe SLA profile
  kCanary,     // shadow, split, until the candidate serves
  kSweeps,     // the SLA sweep, dry and record-only
  kLifecycle,  // a capability and a task, with agents of its own
  kTidy,       // what those left is removed
  kSoak,       // the rest of the window
  kFinish,     // notifications, where they were asked for
  // back
  kTidyBack,  // what the lifecycle left is removed, while the release that made it may still serve
  kRevert,    // the release before serves; the candidate is quarantined if it failed
  kCalm,      // nobody is notified
  kSettle,    // dry-run sweeps until nothing new breaches
  kOver
};
inline constexpr std::size_t kSteps = static_cast<std::size_t>(Step::kOver) + 1;
std::string_view step_name(Step step);  // "preflight", "profile", ...
std::optional<Step> step_of(std::string_view name);

// The runbook's phases, as people see them.
enum class Stage : std::uint8_t { kPreflight, kCanary, kLifecycle, kExpand, kDone, kRollback };
inline constexpr std::size_t kStages = 6;
std::string_view rollout_stage_name(Stage stage);  // "preflight", "canary", ...
Stage stage_of(Step step);

struct StageRecord {
  // "waiting" | "running" | "passed" | "failed" | "skipped"
  std::string state = "waiting";
  std::int64_t started_ms = 0;
  std::int64_t ended_ms = 0;
  Checks checks;
  std::string note;
};

// One gateway of the mesh.
struct RolloutNode {
  std::string id{};
  std::string tier = "backbone";  // "backbone" | "edge"
  bool coordinator = false;
  std::uint32_t wave = 0;
  std::string state = "waiting";  // "waiting" | "running" | "passed" | "failed" | "reverted"
  Checks checks{};
};

// What an operator asked for.
struct RolloutPlan {
  std::string what;       // version, digest prefix or absolute path
  json::object canary{};  // the trial's policy, as gateway::read_policy() takes it
  std::optional<std::int64_t> notifications{};  // at the end: so many messages per sweep
  double settle_seconds = 5;                    // between the sweeps after a rollback
};

struct RolloutEvent {
  std::int64_t at_ms = 0;
  std::string by;  // "operator" | "gateway"
  std::string text;
};

struct RolloutRecord {
  std::string id;  // "<13 digits of ms>-<version or digest>"
  RolloutPlan plan;
  ReleaseId to;
  ReleaseId from;
  Step step = Step::kPreflight;
  // While it goes back: how it will have ended; over: how it ended. "" | "promoted" | "rolled_back" | "aborted" |
  // "inconclusive" | "refused" (the preflight: nothing was touched)
  std::string outcome;
  std::string reason;   // of an end that is not "promoted"
  std::string trigger;  // "escalation" where that ended it; else empty
  bool paused = false;
  bool hurry = false;       // the operator promotes: the next wait is over at once
  bool flipped = false;     // the candidate has served every call
  bool quarantine = false;  // going back, the candidate is quarantined
  bool abort = false;       // the operator ends it at the next opportunity
  std::int64_t started_ms = 0;
  std::int64_t ended_ms = 0;
  std::string canary_id;
  json::object sla_before{};  // the SLA policy as it was found: {name: {value, source}}
  bool made_agents = false;   // the lifecycle has begun: there is something to remove
  std::array<StageRecord, kStages> stages{};
  std::vector<RolloutNode> nodes{};
  std::vector<RolloutEvent> events{};  // oldest first
  std::string enable_command{};        // how notifications are turned on; empty: they are

  bool over() const { return step == Step::kOver; }
  StageRecord& at(Stage stage) { return stages[static_cast<std::size_t>(stage)]; }
  const StageRecord& at(Stage stage) const { return stages[static_cast<std::size_t>(stage)]; }
};

// "running" | "paused" | "rolling_back", or the outcome.
std::string rollout_state(const RolloutRecord& record);

// ROLLOUT in the gateway's README.
json::object to_json(const RolloutRecord& record);

// Errors: record_unreadable (what is missing or unknown).
gateway::Result<RolloutRecord> rollout_from_json(const json::object& from);

}  // namespace gateway_app
