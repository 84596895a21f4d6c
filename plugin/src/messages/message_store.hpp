// Messages and inboxes in the store (MSG-1, MSG-3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/context.hpp"
#include "records/message.hpp"

namespace ansible {

// Whether those of its recipients that have a sink are sent the message (dispatch/inbox_stream.hpp).
enum class Delivery : std::uint8_t { kOffered, kInboxOnly };

// Stores a message and puts it into each recipient's inbox (a broadcast is stored once). `message.id` and `timestamp`
// are set here when empty or 0; the id is drawn under `label`. Recipients need not be registered: callers that care ask
// can_receive() first. Returns the id.
std::string send_message(Context& context, Message message, std::string_view label,
                         Delivery delivery = Delivery::kOffered);

std::optional<Message> load_message(Transaction& txn, std::string_view id);

// How many messages that count as unread `agent` has not read.
std::int64_t unread_count(Transaction& txn, std::string_view agent);

struct InboxItem {
  Message message;
  bool unread = false;
};

struct InboxQuery {
  bool all = false;  // also read ones and the agent's own
  std::optional<std::string> from{};
  std::optional<std::string> conversation_id{};
  std::size_t limit = 20;
};

// The agent's messages, newest first. Cost grows with what is returned, not with what is stored (a `from` or
// conversation filter looks at no more than the newest 2,000).
std::vector<InboxItem> read_inbox(Transaction& txn, std::string_view agent,
                                  const InboxQuery& query);

// Whether the message counts as unread, is for `agent`, and has not been read by it.
bool unread_by(Transaction& txn, std::string_view agent, const Message& message);

// Marks these messages as read by `agent`; returns how many were unread. What its sink would still be sent has arrived
// now.
std::int64_t mark_read(Context& context, std::string_view agent,
                       const std::vector<std::string>& ids);

// How far somebody has come with marking all.
struct MarkAll {
  std::int64_t marked = 0;
  bool addressed_done = false;
  std::string place;
  bool full = false;  // the last call has done as much as one step should
};

// The same for all unread ones, at most 1,000 per call, from the newest on. True: call again.
bool mark_all_read(Context& context, std::string_view agent, MarkAll& progress);

}  // namespace ansible
