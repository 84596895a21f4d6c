#include "sla/sla_status.hpp"

#include "core/fields.hpp"
#include "records/coordination.hpp"
#include "sla/held_store.hpp"
#include "sla/sla_policy.hpp"
#include "sla/sweep_result.hpp"

namespace ansible {
namespace {

json::object last_finished(const json::object& finished) {
  const json::object result = object_field(finished, "result");
  json::object out;
  set_field(out, "at", int_field(finished, "at"));
  set_field(out, "reason", text_field(finished, "reason"));
  for (const std::string_view name :
       {"scanned", "breachCount", "escalationsWritten", "heldBackNotified"}) {
    set_field(out, name, int_field(result, name));
  }
  return out;
}

}  // namespace

json::object sla_status_json(Context& context) {
  const SlaPolicy policy = sla_policy(load_coordination(context.txn), context.config);
  const LastSweeps last = load_last_sweeps(context.txn);
  json::object out = to_json(last);
  out["policy"] = to_json(policy);
  out["lastSweep"] = last_finished(last.finished);
  out["heldBack"] = held_counts(context.txn).waiting;
  out["sweeps"] = context.node.sweeps && policy.enabled.value;
  if (!context.node.sweeps) {
    out["reason"] =
        context.node.reason.empty() ? "this node is not the coordinator" : context.node.reason;
  } else if (!policy.enabled.value) {
    out["reason"] = "the policy has it disabled";
  }
  out["notifications"] = policy.notifies();
  if (!policy.notifies()) out["enableCommand"] = enable_command(policy);
  return out;
}

}  // namespace ansible
