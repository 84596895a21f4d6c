#include "coordination/context_store.hpp"

#include "core/fields.hpp"
#include "core/keys.hpp"

namespace ansible {
namespace {

bool listed(const AgentContext& context) { return !context.current_focus.empty(); }

}  // namespace

AgentContext load_context(Transaction& txn, std::string_view agent) {
  const std::string at = key::agent_context(agent);
  const auto stored = txn.get(at);
  return stored ? agent_context_from_json(parse_document(at, *stored)) : AgentContext{};
}

bool has_context(Transaction& txn, std::string_view agent) {
  return txn.get(key::agent_context(agent)).has_value();
}

void save_context(Transaction& txn, std::string_view agent, const AgentContext& context) {
  const AgentContext before = load_context(txn, agent);
  if (listed(before)) txn.erase(key::context_time(before.updated_at, agent));
  if (listed(context)) txn.put(key::context_time(context.updated_at, agent), "");
  txn.put(key::agent_context(agent), json::canonical(to_json(context)));
}

void erase_context(Transaction& txn, std::string_view agent) {
  const AgentContext before = load_context(txn, agent);
  if (listed(before)) txn.erase(key::context_time(before.updated_at, agent));
  txn.erase(key::agent_context(agent));
}

std::vector<std::pair<std::string, AgentContext>> recent_contexts(Transaction& txn,
                                                                  std::size_t limit) {
  std::vector<std::pair<std::string, AgentContext>> out;
  const std::string prefix = "context-time/";
  for (const auto& [at, empty] :
       collect(txn, prefix, prefix_end(prefix), {.reverse = true, .limit = limit})) {
    std::string agent = key::last_part(at);
    AgentContext context = load_context(txn, agent);
    out.emplace_back(std::move(agent), std::move(context));
  }
  return out;
}

}  // namespace ansible
