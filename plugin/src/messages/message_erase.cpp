#include "messages/message_erase.hpp"

#include <algorithm>
#include <charconv>

#include "actors/agent_store.hpp"
#include "core/keys.hpp"
#include "dispatch/outbox.hpp"
#include "messages/inbox_state.hpp"
#include "messages/message_store.hpp"

namespace ansible {
namespace {

// Addressed to it, or a broadcast of others.
bool concerns(const Message& message, const std::string& agent) {
  if (message.to_agents.empty()) return message.from_agent != agent;
  return std::find(message.to_agents.begin(), message.to_agents.end(), agent) !=
         message.to_agents.end();
}

void erase_row(Transaction& txn, const Message& message, const std::string& agent) {
  const std::string at = key::inbox(agent, message.timestamp, message.id);
  const auto row = txn.get(at);
  if (!row) return;
  if (*row == kUnread) {
    InboxState state = load_inbox_state(txn, agent);
    --state.unread;
    save_inbox_state(txn, agent, state);
  }
  txn.erase(at);
}

void erase_broadcast(Transaction& txn, const Message& message) {
  txn.erase(key::broadcast(message.timestamp, message.id));
  if (!counts_as_unread(message)) return;  // then nobody has a mark
  const std::string marks = key::broadcast_read("", message.id);
  for (const auto& [at, empty] : collect(txn, marks, prefix_end(marks), {.limit = SIZE_MAX})) {
    txn.erase(at);
  }
}

}  // namespace

void erase_message(Context& context, const Message& message) {
  Transaction& txn = context.txn;
  if (message.to_agents.empty()) {
    erase_broadcast(txn, message);
  } else {
    for (const std::string& agent : message.to_agents) erase_row(txn, message, agent);
    erase_row(txn, message, message.from_agent);
  }
  forget_deliveries(txn, key::message(message.id));
  txn.erase(key::message(message.id));
  txn.erase(key::message_time(message.timestamp, message.id));
  add_message_count(txn, -1);
}

bool still_unread(Transaction& txn, const Message& message) {
  if (!counts_as_unread(message)) return false;
  for (const std::string& agent : message.to_agents) {
    if (can_receive(txn, agent) && unread_by(txn, agent, message)) return true;
  }
  if (!message.to_agents.empty()) return false;
  return any_agent(txn, [&](const Agent& agent) {
    return agent.enabled() && unread_by(txn, agent.id, message);
  });
}

std::vector<std::string> unread_recipients(Transaction& txn, const Message& message,
                                           const std::vector<std::string>& everybody) {
  std::vector<std::string> out;
  if (!counts_as_unread(message)) return out;
  const auto& candidates = message.to_agents.empty() ? everybody : message.to_agents;
  for (const std::string& agent : candidates) {
    if (!message.to_agents.empty() && !can_receive(txn, agent)) continue;
    if (unread_by(txn, agent, message)) out.push_back(agent);
  }
  return out;
}

std::vector<std::string> readers(Transaction& txn, const Message& message,
                                 const std::vector<std::string>& everybody) {
  std::vector<std::string> out{message.from_agent};
  if (!counts_as_unread(message)) return out;
  const auto& candidates = message.to_agents.empty() ? everybody : message.to_agents;
  for (const std::string& agent : candidates) {
    if (agent == message.from_agent || !concerns(message, agent)) continue;
    if (!unread_by(txn, agent, message)) out.push_back(agent);
  }
  return out;
}

std::vector<std::string> enabled_agents(Transaction& txn) {
  std::vector<std::string> out;
  for (const Agent& agent : all_agents(txn)) {
    if (agent.enabled()) out.push_back(agent.id);
  }
  return out;
}

std::int64_t message_count(Transaction& txn) {
  const auto stored = txn.get(key::kMessageCount);
  std::int64_t count = 0;
  if (stored) std::from_chars(stored->data(), stored->data() + stored->size(), count);
  return count;
}

void add_message_count(Transaction& txn, std::int64_t change) {
  txn.put(key::kMessageCount, std::to_string(message_count(txn) + change));
}

}  // namespace ansible
