// Agents and their tokens in the store.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/transaction.hpp"
#include "records/agent.hpp"

namespace ansible {

std::optional<Agent> load_agent(Transaction& txn, std::string_view id);

// Writes the record and keeps the token index in step with it.
void save_agent(Transaction& txn, const Agent& agent);

// Sorted by id.
std::vector<Agent> all_agents(Transaction& txn);

// True if an agent of that id is registered and enabled: messages go nowhere else.
bool can_receive(Transaction& txn, std::string_view id);

// Draws a token, puts its hash into `agent.auth`, and returns the token: the only time anybody sees it.
std::string issue_token(Transaction& txn, Agent& agent, std::int64_t now_ms,
                        std::optional<std::int64_t> expires_at);

// The agent that holds this token, whatever its state; compared in constant time.
std::optional<Agent> agent_by_token(Transaction& txn, std::string_view token);

}  // namespace ansible
