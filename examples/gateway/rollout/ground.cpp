#include "rollout/ground.hpp"

#include <array>

#include "rollout/fields.hpp"

namespace gateway_app {
namespace {

using gateway::Outcome;

constexpr int kTries = 20;
constexpr std::chrono::milliseconds kBetweenTries{250};
constexpr std::chrono::milliseconds kToolTimeout{60'000};

gateway::Request request_of(std::string_view tool, const json::object& args) {
  gateway::Request request;
  request.name = std::string(tool);
  request.caller_kind = GW_CALLER_OPERATOR;
  request.client = "rollout";
  request.args_json = json::canonical(args);
  request.timeout = kToolTimeout;
  return request;
}

bool worth_another_try(Outcome::Kind kind) {
  return kind == Outcome::Kind::kOverloaded || kind == Outcome::Kind::kExpired ||
         kind == Outcome::Kind::kUnknown;
}

ToolReply reply_of(const Outcome& outcome) {
  ToolReply reply;
  if (outcome.kind != Outcome::Kind::kReply) {
    reply.unknown = outcome.kind == Outcome::Kind::kUnknownName;
    reply.body["error"] = reply.unknown ? "the serving release has no such tool" : outcome.message;
    return reply;
  }
  reply.answered = true;
  reply.ok = outcome.status == GW_OK;
  auto body = json::parse(outcome.body);
  if (body && body->is_object()) reply.body = std::move(body->get_object());
  return reply;
}

constexpr std::array<StepRun, kSteps> kRuns = {
    run_preflight, run_profile, run_canary, run_sweeps, run_lifecycle, run_tidy, run_soak,
    run_finish,    run_tidy,    run_revert, run_calm,   run_settle,    nullptr};

}  // namespace

std::string ToolReply::code() const { return fields::text(body, "code"); }

std::string ToolReply::error() const { return ok ? "" : fields::text(body, "error"); }

ToolReply call_tool(Ground& ground, std::string_view tool, const json::object& args) {
  for (int tries = 1;; ++tries) {
    const Outcome outcome = ground.host.run(request_of(tool, args));
    if (!worth_another_try(outcome.kind) || tries == kTries || !ground.wait(kBetweenTries)) {
      return reply_of(outcome);
    }
  }
}

StepEnd not_written(const gateway::Error& error) {
  return {StepEnd::Kind::kAborted, {}, "the record could not be written: " + error.message, {}};
}

StepRun run_of(Step step) { return kRuns[static_cast<std::size_t>(step)]; }

}  // namespace gateway_app
