// What the steps of a rollout stand on: the gateway, the record, and the time.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/host.hpp"
#include "rollout/machine.hpp"
#include "rollout/record.hpp"

namespace gateway_app {

// Changes a record.
using RecordChange = std::function<void(RolloutRecord&)>;

// Thread rule: the rollout's thread.
struct Ground {
  gateway::Host& host;
  std::function<RolloutRecord()> record;  // as of now, with what operators have ordered meanwhile
  // Changes the record and writes it down. Errors: io_error (nothing was changed then).
  std::function<gateway::Result<void>(const RecordChange&)> note;
  // Waits; false: the gateway is stopping.
  std::function<bool(std::chrono::milliseconds)> wait;
  std::function<void(const char*)> mark;  // told within a step, where a kill would be awkward
  bool signed_manifests_only = false;     // see lifecycle.hpp
};

// How a tool answered the operator.
struct ToolReply {
  bool answered = false;  // by the plugin; else `body.error` says what happened
  bool ok = false;        // and not with a refusal
  bool unknown = false;   // the serving release has no such tool
  json::object body;
  std::string code() const;   // of a refusal
  std::string error() const;  // for people; empty when ok
};

// Calls a tool as the operator. A gateway that is too busy is asked again for a while: whatever has an effect brings an
// idempotency key, or may be done twice.
ToolReply call_tool(Ground& ground, std::string_view tool, const json::object& args);

// A gate: nobody has the names of a rollout's own agents.
Check names_free(Ground& ground);

// The record could not be written: nothing is known against the candidate.
StepEnd not_written(const gateway::Error& error);

// How a step ends, or nothing when the gateway stops in the middle of it: it is then done again.
using StepRun = std::optional<StepEnd> (*)(Ground& ground);
StepRun run_of(Step step);

// The steps, in the order of Step.
std::optional<StepEnd> run_preflight(Ground& ground);
std::optional<StepEnd> run_profile(Ground& ground);
std::optional<StepEnd> run_canary(Ground& ground);
std::optional<StepEnd> run_sweeps(Ground& ground);
std::optional<StepEnd> run_lifecycle(Ground& ground);
std::optional<StepEnd> run_tidy(Ground& ground);
std::optional<StepEnd> run_soak(Ground& ground);
std::optional<StepEnd> run_finish(Ground& ground);
std::optional<StepEnd> run_revert(Ground& ground);
std::optional<StepEnd> run_calm(Ground& ground);
std::optional<StepEnd> run_settle(Ground& ground);

}  // namespace gateway_app
