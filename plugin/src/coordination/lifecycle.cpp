#include "coordination/lifecycle.hpp"

#include <algorithm>

#include "actors/agent_store.hpp"
#include "coordination/pulse.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"

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
  const std::string key = key::node(context.node_id());
  const auto stored = context.txn.get(key);
  json::object node = stored ? parse_document(key, *stored)
                             : json::object{{"name", context.node_id()},
                                            {"tier", to_text(context.config.tier)},
                                            {"addedBy", context.node_id()},
                                            {"addedAt", context.now_ms}};
  std::vector<std::string> capabilities = texts_field(node, "capabilities");
  for (const std::string& capability : context.config.capabilities) {
    if (std::find(capabilities.begin(), capabilities.end(), capability) == capabilities.end()) {
      capabilities.push_back(capability);
    }
  }
  node["capabilities"] = to_array(capabilities);
  context.txn.put(key, json::canonical(node));
}

}  // namespace

void start_node(Context& context) {
  register_node(context);
  register_missing(context, context.node_id());
  for (const std::string& id : context.config.inject_context_agents) {
    register_missing(context, id);
  }
  register_missing(context, context.config.admin_agent_id);
  write_pulse(context, "online");
}

void stop_node(Context& context) { write_pulse(context, "offline"); }

}  // namespace ansible
