#include "capabilities/canary_sweep.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "capabilities/capability_store.hpp"
#include "capabilities/health.hpp"
#include "capabilities/rollout.hpp"

namespace ansible {
namespace {

constexpr std::int64_t kDayMs = 24 * 3'600'000;
constexpr double kGoodEnough = 0.95;
constexpr std::string_view kInconclusive = "inconclusive";

struct Tally {
  std::int64_t promoted = 0;
  std::int64_t rolled_back = 0;
  std::int64_t inconclusive = 0;
};

// The share of successes that the canary has to reach.
double wanted_rate(Context& context, const std::string& capability) {
  const auto revision = load_revision(context.txn, capability);
  if (!revision || !revision->active_version) return kGoodEnough;
  const Health active =
      health_since(context.txn, capability, context.now_ms - kDayMs, revision->active_version);
  return std::min(kGoodEnough, active.success_rate().value_or(kGoodEnough));
}

void stay(Context& context, CapabilityCanary canary, Tally& tally) {
  ++tally.inconclusive;
  if (canary.verdict == kInconclusive) return;
  canary.verdict = kInconclusive;
  save_canary(context.txn, canary);
}

void judge(Context& context, const CapabilityCanary& canary, Tally& tally) {
  const Soak soak = soak_of(context.txn, canary);
  const std::int64_t finished = soak.completed + soak.failed;
  if (finished == 0) return stay(context, canary, tally);
  const double rate = static_cast<double>(soak.completed) / static_cast<double>(finished);
  if (rate >= wanted_rate(context, canary.capability_id)) {
    promote_canary(context, canary.capability_id);
    ++tally.promoted;
    return;
  }
  roll_back_canary(
      context, canary.capability_id,
      std::to_string(soak.failed) + " of " + std::to_string(finished) + " finished tasks failed");
  ++tally.rolled_back;
}

}  // namespace

ToolResult canary_sweep(Context& context) {
  if (!context.node.sweeps) {
    return json::object{{"success", true}, {"skipped", context.node.reason}};
  }
  Tally tally;
  for (const CapabilityCanary& canary : all_canaries(context.txn)) {
    if (context.now_ms >= canary.soak_until) judge(context, canary, tally);
  }
  return json::object{{"success", true},
                      {"promoted", tally.promoted},
                      {"rolledBack", tally.rolled_back},
                      {"inconclusive", tally.inconclusive}};
}

}  // namespace ansible
