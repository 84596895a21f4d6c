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

// All that the hook can reach: it may outlive the call, and the host.
struct FirstCall {
  std::unique_ptr<Instance> instance;
  std::unique_ptr<Snapshot> snapshot;
  std::string node_id;
  StepInput input;
  StepResult result;

  std::string hook() const {
    return fmt::format("{} {}", input.hook == Hook::kTool ? "tool" : "sweep", input.name);
  }
  Error failed(const std::string& how) const {
    return {"warm_up_failed", fmt::format("version {} {}", instance->release().version, how)};
  }
};

}  // namespace

Result<std::unique_ptr<Instance>> warm_up(std::unique_ptr<Instance> instance, Engine& engine,
                                          const NodeState& node, std::int64_t now_ms,
                                          const RunBounds& bounds) {
  const auto first = std::make_shared<FirstCall>();
  StepInput& input = first->input;
  if (!choose(instance->manifest(), input)) return instance;
  auto snapshot = engine.snapshot();
  if (!snapshot) return Error{"storage", snapshot.error().message};
  first->instance = std::move(instance);
  first->snapshot = std::move(*snapshot);
  first->node_id = node.identity().node_id;
  const auto deadline = std::chrono::steady_clock::now() + kLimit;
  input.request_id = "warm-up";
  input.node_id = first->node_id;
  input.now_ms = now_ms;
  input.deadline_ns = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(deadline.time_since_epoch()).count());
  input.role = node.role("");
  const bool came_back = run_bounded(bounds, [first](const std::atomic<bool>& cut) {
    first->input.cut = &cut;
    View view(*first->snapshot);
    first->result = run_step(*first->instance, view, first->input);
  });
  if (!came_back) {
    return first->failed(
        fmt::format("hangs on this store: {} did not return, also when it was cancelled; its "
                    "thread is left behind, and its library stays loaded",
                    first->hook()));
  }
  const StepResult& result = first->result;
  if (result.status >= 0) return std::move(first->instance);
  return first->failed(fmt::format("fails on this store: {} ended in {}{}{}", first->hook(),
                                   status_name(result.status), result.error.empty() ? "" : ": ",
                                   result.error));
}

}  // namespace gateway
