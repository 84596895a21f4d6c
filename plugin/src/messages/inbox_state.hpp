// What each agent has read: the rows of its inbox, and its place among the broadcasts (MSG-1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/transaction.hpp"
#include "records/message.hpp"

namespace ansible {

// What an inbox row says about its message.
inline constexpr std::string_view kUnread = "unread";
inline constexpr std::string_view kRead =
    "read";  // read, or one that never counts as unread (MSG-3)
inline constexpr std::string_view kSent = "sent";

// Per agent: how many addressed messages are unread, and up to where broadcasts are read.
struct InboxState {
  std::int64_t unread = 0;
  std::string cursor;  // key of the newest broadcast that is read with all before it
};

InboxState load_inbox_state(Transaction& txn, std::string_view agent);
void save_inbox_state(Transaction& txn, std::string_view agent, const InboxState& state);

struct BroadcastRow {
  std::string key;
  std::string id;
  std::string from;
  bool counts = false;
};

BroadcastRow broadcast_row(const std::string& key, std::string_view value);
BroadcastRow broadcast_row(const Message& message);

// Broadcasts above the agent's cursor, oldest first.
std::vector<BroadcastRow> new_broadcasts(Transaction& txn, const InboxState& state,
                                         std::size_t limit);

bool broadcast_unread(Transaction& txn, std::string_view agent, const InboxState& state,
                      const BroadcastRow& row);

}  // namespace ansible
