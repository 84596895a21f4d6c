#include "admission/revoke.hpp"

#include <vector>

#include "actors/agent_store.hpp"
#include "admission/node_store.hpp"
#include "coordination/context_store.hpp"
#include "coordination/skills.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"
#include "core/text.hpp"
#include "dispatch/sink_store.hpp"
#include "records/coordination.hpp"

namespace ansible {
namespace {

std::optional<Error> refuse(Context& context, const std::string& node) {
  const auto own = load_node(context.txn, context.node_id());
  if (!own || own->tier != "backbone") {
    return Error{code::kNotAuthorized,
                 "only a backbone revokes nodes; '" + context.node_id() + "' is none"};
  }
  if (node == context.node_id()) {
    return Error{code::kConflict, "a node cannot revoke itself; do it on another backbone"};
  }
  return std::nullopt;
}

std::vector<std::string> disable_agents(Context& context, const std::string& node,
                                        const Actor& by) {
  std::vector<std::string> disabled;
  for (Agent& agent : agents_at(context.txn, node)) {
    if (!agent.enabled()) continue;
    agent.disabled_at = context.now_ms;
    agent.disabled_by = by.id;
    agent.disable_reason = "node '" + node + "' was revoked";
    save_agent(context.txn, agent);
    disabled.push_back(agent.id);
  }
  return disabled;
}

// What the node said of itself: its agents keep what is theirs.
void forget_node(Transaction& txn, const std::string& node) {
  for (const std::string& key : {key::node(node), key::pulse(node), key::node_key(node),
                                 key::preference(node), key::lock_sweep(node)}) {
    txn.erase(key);
  }
  erase_context(txn, node);
  save_skills(txn, node, {});
}

// Agents from elsewhere that the node delivered to are delivered to by this one; but not on its own machine.
void take_over_sinks(Context& context, const std::string& node) {
  for (const AgentSink& sink : all_sinks(context.txn)) {
    if (sink.node != node) continue;
    const auto agent = load_agent(context.txn, sink.agent);
    const bool far = !sink.url || lower_ascii(sink.url->substr(0, 8)) == "https://";
    if (agent && !agent->internal && far) move_sink(context.txn, sink.agent, context.node_id());
  }
}

// True if the node was nominated as coordinator.
bool leave_coordination(Context& context, const std::string& node, const Actor& by) {
  Coordination coordination = load_coordination(context.txn);
  const bool nominated = coordination.coordinator == node;
  const bool had_admin = coordination.gateway_admins.erase(node) != 0;
  if (!nominated && !had_admin) return false;
  if (nominated) coordination.coordinator.reset();
  coordination.updated_at = context.now_ms;
  coordination.updated_by = by.id;
  save_coordination(context.txn, coordination);
  return nominated;
}

// What a call that was cut off has left: the disabled agents of the revoked node that still hold tasks.
std::vector<std::string> still_holding(Context& context, const std::string& node) {
  std::vector<std::string> out;
  if (!load_revocation(context.txn, node)) return out;
  for (const Agent& agent : agents_at(context.txn, node)) {
    const std::string held = key::held(agent.id, "");
    if (agent.enabled() || collect(context.txn, held, prefix_end(held), {.limit = 1}).empty()) {
      continue;
    }
    out.push_back(agent.id);
  }
  return out;
}

json::object revoked(const std::string& node, const std::vector<std::string>& disabled,
                     bool nominated) {
  return {{"success", true},
          {"nodeId", node},
          {"disabledAgents", to_array(disabled)},
          {"coordinatorCleared", nominated},
          {"message", "Node '" + node + "' is revoked; a new invite bound to it lets it back"}};
}

Result<json::object> go_on(Context& context, const std::string& node) {
  const std::vector<std::string> left = still_holding(context, node);
  if (!left.empty()) return revoked(node, left, false);
  return Error{code::kNotFound,
               "no node '" + node + "' has joined; ansible_status shows which have"};
}

}  // namespace

Result<json::object> revoke_node(Context& context, const std::string& node,
                                 const std::optional<std::string>& reason, const Actor& by) {
  if (auto refusal = refuse(context, node)) return std::move(*refusal);
  if (!load_node(context.txn, node)) return go_on(context, node);
  forget_node(context.txn, node);
  save_revocation(context.txn, node,
                  {.revoked_at = context.now_ms, .revoked_by = by.recorded_as(), .reason = reason});
  const std::vector<std::string> disabled = disable_agents(context, node, by);
  take_over_sinks(context, node);
  return revoked(node, disabled, leave_coordination(context, node, by));
}

}  // namespace ansible
