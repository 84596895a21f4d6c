#include "rollout/orders.hpp"

#include "rollout/machine.hpp"

namespace gateway_app {
namespace {

gateway::Error over(const RolloutRecord& record) {
  return {"rollout_over", "rollout " + record.id + " is over (" + rollout_state(record) +
                              "); there is nothing to order\n  see: openclaw rollout report"};
}

void set_paused(RolloutRecord& record, bool paused, std::int64_t now_ms) {
  if (record.paused != paused) {
    note_event(record, now_ms, "operator", paused ? "paused" : "resumed");
  }
  record.paused = paused;
}

}  // namespace

std::optional<gateway::Error> refuse_order(const RolloutRecord& record, RolloutOrder order) {
  if (order == RolloutOrder::kRollback) {
    if (!record.over()) {
      return gateway::Error{
          "rollout_running",
          "rollout " + record.id + " is still going on\n  end it with: openclaw rollout abort"};
    }
    if (record.outcome != "promoted") return over(record);
    return std::nullopt;
  }
  if (record.over() || stage_of(record.step) == Stage::kRollback) return over(record);
  return std::nullopt;
}

void apply_order(RolloutRecord& record, RolloutOrder order, std::int64_t now_ms) {
  switch (order) {
    case RolloutOrder::kPause:
      return set_paused(record, true, now_ms);
    case RolloutOrder::kResume:
      return set_paused(record, false, now_ms);
    case RolloutOrder::kPromote:
      note_event(record, now_ms, "operator",
                 "promote ordered in " + std::string(rollout_stage_name(stage_of(record.step))));
      record.hurry = true;
      record.paused = false;
      return;
    case RolloutOrder::kAbort:
      note_event(record, now_ms, "operator", "abort ordered");
      record.abort = true;
      record.paused = false;
      return;
    case RolloutOrder::kRollback:
      record = go_back(std::move(record), now_ms);
      return;
  }
}

}  // namespace gateway_app
