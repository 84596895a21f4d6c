#include "host/warm_up.hpp"

#include <fmt/format.h>

#include <chrono>

#include "base/json.hpp"
#include "execution/transition.hpp"

namespace gateway {
namespace {

constexpr std::chrono::seconds kLimit{5};

bool needs_arguments(const ToolInfo& tool) {
  const auto schema = base::json::parse(tool.parameters_json);
  if (!schema) return true;
  const auto* required = base::json::find(*schema, "required");
  return required != nullptr && required->is_array() && !required->get_array().empty();
}

// False when there is nothing to run.
bool choose(const Manifest& manifest, StepInput& input) {
  for (const ToolInfo& tool : manifest.tools) {
    if (!tool.read_only || needs_arguments(tool)) continue;
    input.hook = Hook::kTool;
    input.name = tool.name;
    input.flags = GW_CALL_READ_ONLY;
    input.caller_kind = GW_CALLER_OPERATOR;
    return true;
  }
  if (manifest.sweeps.empty()) return false;
  input.hook = Hook::kSweep;
  input.name = manifest.sweeps.front().name;
  input.flags = GW_CALL_DRY_RUN;
  input.caller_kind = GW_CALLER_HOST;
  return true;
}

}  // namespace

Result<void> warm_up(const Instance& instance, Engine& engine, const NodeState& node,
                     std::int64_t now_ms) {
  StepInput input;
  if (!choose(instance.manifest(), input)) return {};
  auto snapshot = engine.snapshot();
  if (!snapshot) return Error{"storage", snapshot.error().message};
  const auto deadline = std::chrono::steady_clock::now() + kLimit;
  input.request_id = "warm-up";
  input.node_id = node.identity().node_id;
  input.now_ms = now_ms;
  input.deadline_ns = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(deadline.time_since_epoch()).count());
  input.role = node.role("");
  View view(**snapshot);
  const StepResult result = run_step(instance, view, input);
  if (result.status >= 0) return {};
  return Error{"warm_up_failed",
               fmt::format("version {} fails on this store: {} {} ended in {}{}{}",
                           instance.release().version, input.hook == Hook::kTool ? "tool" : "sweep",
                           input.name, status_name(result.status), result.error.empty() ? "" : ": ",
                           result.error)};
}

}  // namespace gateway
