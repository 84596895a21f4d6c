// Agents and their tokens in the store.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/transaction.hpp"
#include "records/agent.hpp"

namespace ansible {

std::optional<Agent> load_agent(Transaction& txn, std::string_view id);

// Writes the record and keeps the indexes (by token, by gateway) in step with it.
void save_agent(Transaction& txn, const Agent& agent);

// Removes the record and its entries in the indexes, and nothing else that is the agent's.
void erase_agent(Transaction& txn, const Agent& agent);

// Sorted by id.
std::vector<Agent> all_agents(Transaction& txn);

// Whether the predicate holds for one of them; reads page by page, and no further than that.
bool any_agent(Transaction& txn, const std::function<bool(const Agent&)>& predicate);

// The internal agents of a gateway, sorted by id.
std::vector<Agent> agents_at(Transaction& txn, std::string_view gateway);

// True if an agent of that id is registered and enabled: messages go nowhere else.
bool can_receive(Transaction& txn, std::string_view id);

// "sha256:" + hex SHA-256 of a token's whole text: how tokens of agents and of their invites are kept.
std::string token_hash(Transaction& txn, std::string_view token);

// Draws a token, puts its hash into `agent.auth`, and returns the token: the only time anybody sees it.
std::string issue_token(Transaction& txn, Agent& agent, std::int64_t now_ms,
                        std::optional<std::int64_t> expires_at);

// The agent that holds this token, whatever its state; compared in constant time.
std::optional<Agent> agent_by_token(Transaction& txn, std::string_view token);

// Whose token has this hash ("sha256:<hex>").
std::optional<std::string> token_holder(Transaction& txn, std::string_view hash);

}  // namespace ansible
