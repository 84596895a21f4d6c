#include "coordination/lifecycle.hpp"

#include <algorithm>

#include "actors/agent_store.hpp"
#include "admission/node_store.hpp"
#include "capabilities/capability_store.hpp"
#include "coordination/pulse.hpp"
#include "coordination/skills.hpp"

namespace ansible {
namespace {

void register_missing(Context& context, const std::string& id) {
  if (load_agent(context.txn, id)) return;
  Agent agent;
  agent.id = id;
  agent.gateway = context.node_id();
  agent.internal = true;
  agent.registered_at = context.now_ms;
  agent.registered_by = context.node_id();
  save_agent(context.txn, agent);
}

// The node's own record; a restart only adds capabilities that are missing (reference 1.1).
void register_node(Context& context) {
  const std::string& id = context.node_id();
  NodeInfo node = load_node(context.txn, id)
                      .value_or(NodeInfo{.name = id,
                                         .tier = std::string(to_text(context.config.tier)),
                                         .capabilities = {},
                                         .added_by = id,
                                         .added_at = context.now_ms});
  for (const std::string& capability : context.config.capabilities) {
    if (std::find(node.capabilities.begin(), node.capabilities.end(), capability) ==
        node.capabilities.end()) {
      node.capabilities.push_back(capability);
    }
  }
  save_node(context.txn, id, node);
}

// Agents of this node that own an active capability have its executor skill (reference 1.11), also when they have
// advertised another list since.
void recall_executor_skills(Context& context) {
  for (const RevisionRecord& revision : all_revisions(context.txn)) {
    if (!revision.active_version) continue;
    const auto catalog =
        load_catalog(context.txn, revision.capability_id, *revision.active_version);
    if (!catalog || catalog->status != catalog_status::kActive) continue;
    const auto owner = load_agent(context.txn, catalog->owner_agent_id);
    if (!owner || !owner->internal || owner->gateway != context.node_id()) continue;
    add_skill(context.txn, owner->id, catalog->executor_skill.name);
  }
}

}  // namespace

void start_node(Context& context) {
  if (load_revocation(context.txn, context.node_id())) return;
  register_node(context);
  register_missing(context, context.node_id());
  for (const std::string& id : context.config.inject_context_agents) {
    register_missing(context, id);
  }
  register_missing(context, context.config.admin_agent_id);
  recall_executor_skills(context);
  write_pulse(context, "online");
}

void stop_node(Context& context) { write_pulse(context, "offline"); }

}  // namespace ansible
