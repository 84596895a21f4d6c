#include "actors/agent_store.hpp"

#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/keys.hpp"

namespace ansible {
namespace {

constexpr std::string_view kHashPrefix = "sha256:";
constexpr std::size_t kHintDigits = 12;
constexpr std::size_t kTokenBytes = 24;

std::string index_key(std::string_view hash) {
  return key::agent_token(key::part(hash.substr(kHashPrefix.size())));
}

// Where the agent stands among the internal agents of a gateway; empty for an external one.
std::string home_key(const Agent& agent) {
  return agent.internal && agent.gateway ? key::agent_at(*agent.gateway, agent.id) : "";
}

}  // namespace

std::string token_hash(Transaction& txn, std::string_view token) {
  return std::string(kHashPrefix) + hex(txn.sha256(token));
}

std::optional<Agent> load_agent(Transaction& txn, std::string_view id) {
  if (id.empty()) return std::nullopt;
  const std::string key = key::agent(id);
  const auto stored = txn.get(key);
  if (!stored) return std::nullopt;
  return agent_from_json(id, parse_document(key, *stored));
}

void save_agent(Transaction& txn, const Agent& agent) {
  const auto before = load_agent(txn, agent.id);
  const std::string old_hash = before && before->auth ? before->auth->token_hash : "";
  const std::string new_hash = agent.auth ? agent.auth->token_hash : "";
  if (old_hash != new_hash) {
    if (old_hash.starts_with(kHashPrefix)) txn.erase(index_key(old_hash));
    if (new_hash.starts_with(kHashPrefix)) txn.put(index_key(new_hash), agent.id);
  }
  const std::string old_home = before ? home_key(*before) : "";
  const std::string new_home = home_key(agent);
  if (old_home != new_home) {
    if (!old_home.empty()) txn.erase(old_home);
    if (!new_home.empty()) txn.put(new_home, agent.id);
  }
  txn.put(key::agent(agent.id), json::canonical(to_json(agent)));
}

void erase_agent(Transaction& txn, const Agent& agent) {
  if (agent.auth && agent.auth->token_hash.starts_with(kHashPrefix)) {
    txn.erase(index_key(agent.auth->token_hash));
  }
  if (const std::string home = home_key(agent); !home.empty()) txn.erase(home);
  txn.erase(key::agent(agent.id));
}

std::vector<Agent> agents_at(Transaction& txn, std::string_view gateway) {
  std::vector<Agent> agents;
  const std::string prefix = key::agent_at(gateway, "");
  for (const auto& [key, id] : collect(txn, prefix, prefix_end(prefix), {.limit = SIZE_MAX})) {
    if (auto agent = load_agent(txn, id)) agents.push_back(std::move(*agent));
  }
  return agents;
}

std::vector<Agent> all_agents(Transaction& txn) {
  std::vector<Agent> agents;
  const std::string prefix = "agent/";
  for (const auto& [key, value] : collect(txn, prefix, prefix_end(prefix), {.limit = SIZE_MAX})) {
    agents.push_back(agent_from_json(key::last_part(key), parse_document(key, value)));
  }
  return agents;
}

bool any_agent(Transaction& txn, const std::function<bool(const Agent&)>& predicate) {
  constexpr std::size_t kPage = 32;
  const std::string prefix = "agent/";
  for (std::string first = prefix;;) {
    const Rows page = collect(txn, first, prefix_end(prefix), {.limit = kPage});
    for (const auto& [key, value] : page) {
      if (predicate(agent_from_json(key::last_part(key), parse_document(key, value)))) return true;
    }
    if (page.size() < kPage) return false;
    first = page.back().first + '\0';
  }
}

bool can_receive(Transaction& txn, std::string_view id) {
  const auto agent = load_agent(txn, id);
  return agent && agent->enabled();
}

std::string issue_token(Transaction& txn, Agent& agent, std::int64_t now_ms,
                        std::optional<std::int64_t> expires_at) {
  std::string token = new_secret(txn, "agent-token", "at_", kTokenBytes);
  AgentAuth auth;
  auth.token_hash = token_hash(txn, token);
  auth.token_hint = auth.token_hash.substr(0, kHashPrefix.size() + kHintDigits);
  auth.issued_at = agent.auth ? agent.auth->issued_at : now_ms;
  if (agent.auth) auth.rotated_at = now_ms;
  auth.expires_at = expires_at;
  agent.auth = std::move(auth);
  return token;
}

std::optional<Agent> agent_by_token(Transaction& txn, std::string_view token) {
  const std::string hash = token_hash(txn, token);
  const auto id = txn.get(index_key(hash));
  if (!id) return std::nullopt;
  auto agent = load_agent(txn, *id);
  if (!agent || !agent->auth || !constant_time_equal(agent->auth->token_hash, hash)) {
    return std::nullopt;
  }
  return agent;
}

std::optional<std::string> token_holder(Transaction& txn, std::string_view hash) {
  const auto id = txn.get(index_key(hash));
  if (!id) return std::nullopt;
  return std::string(*id);
}

}  // namespace ansible
