// What operators tell a rollout, and what that makes of its record. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "gateway/error.hpp"
#include "rollout/record.hpp"

namespace gateway_app {

enum class RolloutOrder : std::uint8_t { kPause, kResume, kPromote, kAbort, kRollback };

// Why it cannot be ordered now; nothing: it can. Errors: rollout_over, rollout_running (rollback while it goes on).
std::optional<gateway::Error> refuse_order(const RolloutRecord& record, RolloutOrder order);

// Notes the order, for the steps to obey.
void apply_order(RolloutRecord& record, RolloutOrder order, std::int64_t now_ms);

}  // namespace gateway_app
