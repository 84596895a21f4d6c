// Taking a message out of the store, and who still needs it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/context.hpp"
#include "records/message.hpp"

namespace ansible {

// Removes it with its rows in inboxes, its deliveries and its counters, and its conversation when that is old.
void erase_message(Context& context, const Message& message);

// Whether one of them has not read it. Reads no further than the first.
bool still_unread(Transaction& txn, const Message& message);

// The registered, enabled recipients that have not read it (MSG-2). `everybody` are the ids of all registered, enabled
// agents, for broadcasts.
std::vector<std::string> unread_recipients(Transaction& txn, const Message& message,
                                           const std::vector<std::string>& everybody);

// Who has read it, the sender included (reference 1.6: readBy_agents).
std::vector<std::string> readers(Transaction& txn, const Message& message,
                                 const std::vector<std::string>& everybody);

std::vector<std::string> enabled_agents(Transaction& txn);

// How many messages are stored.
std::int64_t message_count(Transaction& txn);
void add_message_count(Transaction& txn, std::int64_t change);

}  // namespace ansible
