// Agents' contexts in the store.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/transaction.hpp"
#include "records/agent_context.hpp"

namespace ansible {

// Empty when the agent has said nothing yet.
AgentContext load_context(Transaction& txn, std::string_view agent);

bool has_context(Transaction& txn, std::string_view agent);

// Writes the document and moves it in the order of changes; `context.updated_at` is its time.
void save_context(Transaction& txn, std::string_view agent, const AgentContext& context);

// Forgets it, as if there never was one.
void erase_context(Transaction& txn, std::string_view agent);

// Agents with a focus and their contexts, the last changed first, at most `limit`.
std::vector<std::pair<std::string, AgentContext>> recent_contexts(Transaction& txn,
                                                                  std::size_t limit);

}  // namespace ansible
