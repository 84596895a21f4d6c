#include "sla/sla_sweep.hpp"

#include <algorithm>

#include "core/ids.hpp"
#include "sla/breach_finder.hpp"
#include "sla/held_notices.hpp"
#include "sla/held_store.hpp"
#include "sla/sla_policy.hpp"
#include "sla/sweep_result.hpp"
#include "tasks/task_store.hpp"

namespace ansible {
namespace {

SweepRun begin_run(Context& context, const SweepRequest& request, std::string digest) {
  Transaction& txn = context.txn;
  forget_abandoned_runs(context);
  const HeldCounts held = held_counts(txn);
  const std::int64_t tasks = task_counts(txn).total;
  SweepRun run;
  run.id = new_uuid(txn, "sla-run");
  run.digest = std::move(digest);
  run.reason = request.reason;
  run.now = context.now_ms;
  run.options = request.options;
  run.budget = request.options.record_only ? 0 : request.options.max_messages;
  run.held_limit = held.added;
  run.scanned = std::min(tasks, request.options.limit.value_or(tasks));
  run.phase = held.waiting > 0 && run.budget > 0 ? SweepPhase::kPlan : SweepPhase::kFind;
  return run;
}

// Acts until the run is done or the host wants the step to end.
ToolResult work(Context& context, SweepRun& run) {
  while (run.phase != SweepPhase::kDone) {
    if (run.phase == SweepPhase::kFind) {
      find_breaches(context, run);
    } else {
      serve_held(context, run);
    }
    if (run.phase != SweepPhase::kDone && context.txn.should_yield()) {
      save_run(context, run);
      return More{run.id};
    }
  }
  return finish_run(context, run);
}

}  // namespace

ToolResult run_sla_sweep(Context& context, const SweepRequest& request) {
  std::string digest = run_digest(context.txn, request.kind, request.arguments);
  std::optional<SweepRun> run = load_run(context.txn, digest);
  if (!context.continuation.empty() && (!run || run->id != context.continuation)) {
    if (auto result = finished_result(context.txn, context.continuation)) return *result;
    return Error{code::kConflict,
                 "another call finished this sweep, and a later sweep followed; run it again"};
  }
  if (run && context.continuation.empty() && abandoned(*run, context.now_ms)) {
    erase_run(context.txn, *run);
    run.reset();
  }
  if (!run) run = begin_run(context, request, std::move(digest));
  return work(context, *run);
}

ToolResult sla_sweep_tick(Context& context) {
  const auto skipped = [](std::string_view reason) {
    return json::object{{"success", true}, {"skipped", reason}};
  };
  if (!context.node.sweeps) {
    return skipped(context.node.reason.empty() ? "this node is not the coordinator"
                                               : context.node.reason);
  }
  const SlaPolicy policy = sla_policy(load_coordination(context.txn), context.config);
  if (!policy.enabled.value) return skipped("disabled by the policy");
  const LastSweeps last = load_last_sweeps(context.txn);
  SweepRequest request{.kind = "automatic",
                       .arguments = {},
                       .options = {.dry_run = context.dry_run,
                                   .record_only = policy.record_only.value,
                                   .max_messages = policy.max_messages.value,
                                   .fyi_agents = policy.fyi_agents.value,
                                   .limit = {}},
                       .reason = last.at ? "interval" : "startup"};
  const bool due = !last.at || context.now_ms >= *last.at + policy.every_seconds.value * 1000;
  const bool unfinished =
      !context.continuation.empty() ||
      load_run(context.txn, run_digest(context.txn, request.kind, request.arguments));
  if (!due && !unfinished) return skipped("not due yet");
  return run_sla_sweep(context, request);
}

}  // namespace ansible
