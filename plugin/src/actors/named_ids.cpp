#include "actors/named_ids.hpp"

#include "actors/agent_replies.hpp"
#include "actors/agent_store.hpp"
#include "core/keys.hpp"

namespace ansible {

std::optional<Error> refuse_odd_agents(Context& context, std::string_view name,
                                       std::span<const std::string> ids) {
  for (const std::string& id : ids) {
    auto odd = check_id('/' + std::string(name), id);
    if (odd && !load_agent(context.txn, id)) return odd;
  }
  return std::nullopt;
}

std::optional<Error> refuse_odd_node(Context& context, std::string_view name,
                                     const std::string& id) {
  auto odd = check_id('/' + std::string(name), id);
  if (odd && context.txn.get(key::node(id))) return std::nullopt;
  return odd;
}

}  // namespace ansible
