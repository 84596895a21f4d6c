#include "messages/message_store.hpp"

#include <algorithm>

#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/keys.hpp"
#include "dispatch/conversation.hpp"
#include "dispatch/inbox_stream.hpp"
#include "dispatch/outbox.hpp"
#include "dispatch/sink_store.hpp"
#include "messages/inbox_state.hpp"
#include "messages/message_erase.hpp"

namespace ansible {
namespace {

constexpr std::size_t kFilterWindow = 2000;  // how far back a read looks
constexpr std::size_t kBroadcastPage = 64;
constexpr std::size_t kMarkedPerStep = 1'000;

// A place in the merged, newest-first order of addressed messages and broadcasts.
struct Candidate {
  std::string order;  // "<ms>/<id>"
  std::string id;
  bool unread = false;
};

std::string order_of(std::string_view key, std::size_t prefix) {
  return std::string(key.substr(prefix));
}

// A filter throws candidates away, so it wants all that it may look at.
std::size_t most_candidates(const InboxQuery& query) {
  return query.from || query.conversation_id ? kFilterWindow : query.limit;
}

void add_addressed(Transaction& txn, std::string_view agent, const InboxQuery& query,
                   std::int64_t unread, std::vector<Candidate>& out) {
  const std::string prefix = "inbox/" + key::part(agent) + '/';
  if (!query.all && unread == 0) return;
  std::int64_t left = query.all ? INT64_MAX : unread;
  const std::size_t most = most_candidates(query);
  // What is unread is found however much was read and sent since; there are `unread` such rows.
  const std::size_t window = query.all ? kFilterWindow : SIZE_MAX;
  txn.scan(prefix, prefix_end(prefix), {.reverse = true, .limit = window},
           [&](std::string_view key, std::string_view value) {
             const bool is_unread = value == kUnread;
             if (query.all || is_unread) {
               out.push_back({order_of(key, prefix.size()), key::last_part(key), is_unread});
             }
             if (is_unread) --left;
             return left > 0 && out.size() < most;
           });
}

// Whether a broadcast is read is one more key each, so they are read page by page.
void add_broadcasts(Transaction& txn, std::string_view agent, const InboxQuery& query,
                    const InboxState& state, std::vector<Candidate>& out) {
  const std::string prefix = "broadcast/";
  const std::string first = query.all ? prefix : state.cursor + '\0';
  std::string end = prefix_end(prefix);
  const std::size_t most = most_candidates(query);
  std::size_t found = 0;
  for (std::size_t seen = 0; seen < kFilterWindow && found < most;) {
    const Rows page =
        collect(txn, first, end, {.reverse = true, .limit = std::min(most, kBroadcastPage)});
    if (page.empty()) return;
    for (const auto& [key, value] : page) {
      const BroadcastRow row = broadcast_row(key, value);
      const bool unread = broadcast_unread(txn, agent, state, row);
      if (!query.all && !unread) continue;
      out.push_back({order_of(key, prefix.size()), row.id, unread});
      ++found;
    }
    seen += page.size();
    end = page.back().first;
  }
}

bool matches(const Message& message, const InboxQuery& query) {
  if (query.from && message.from_agent != *query.from) return false;
  return !query.conversation_id || in_conversation(message, *query.conversation_id);
}

// Who writes to itself knows what it wrote. But a sweep speaks in the node's name, and its operator must learn that a
// task of its own is late.
bool tells_its_sender(const Message& message) { return message.intent == "task_sla_breached"; }

// Whoever has a sink need not be sent what it has read.
void settle_deliveries(Context& context, std::string_view agent,
                       const std::vector<std::string>& ids) {
  if (ids.empty() || !load_sink(context.txn, agent)) return;
  for (const std::string& id : ids) mark_arrived(context, key::message(id), agent);
}

// The next unread rows of an inbox become read, from the newest on; `place` is the last one, or empty when all are.
void mark_addressed(Transaction& txn, std::string_view agent, InboxState& state, std::string& place,
                    std::vector<std::string>& marked) {
  const std::string prefix = "inbox/" + key::part(agent) + '/';
  const std::string end = place.empty() ? prefix_end(prefix) : place;
  place.clear();
  std::vector<std::string> unread;
  if (state.unread > 0) {
    txn.scan(prefix, end, {.reverse = true, .limit = SIZE_MAX},
             [&](std::string_view key, std::string_view value) {
               if (value == kUnread) unread.emplace_back(key);
               return static_cast<std::int64_t>(unread.size()) < state.unread &&
                      unread.size() < kMarkedPerStep;
             });
  }
  for (const std::string& key : unread) {
    txn.put(key, kRead);
    marked.push_back(key::last_part(key));
  }
  state.unread -= static_cast<std::int64_t>(unread.size());
  if (state.unread > 0 && unread.size() == kMarkedPerStep) place = unread.back();
}

// The cursor moves over the next broadcasts, but stays behind this millisecond: more may come in it, and their ids decide
// where. Returns whether there are more.
bool mark_broadcasts(Context& context, std::string_view agent, InboxState& state,
                     std::vector<std::string>& marked) {
  Transaction& txn = context.txn;
  const std::string now = key::broadcast(context.now_ms, "");
  const InboxState before = state;
  const auto rows = new_broadcasts(txn, before, kMarkedPerStep);
  for (const BroadcastRow& row : rows) {
    const bool unread = broadcast_unread(txn, agent, before, row);
    if (unread) marked.push_back(row.id);
    if (row.key < now) {
      txn.erase(key::broadcast_read(agent, row.id));
      state.cursor = row.key;
    } else if (unread) {
      txn.put(key::broadcast_read(agent, row.id), "");
    }
  }
  return rows.size() == kMarkedPerStep && state.cursor != before.cursor;
}

bool mark_one_read(Transaction& txn, std::string_view agent, InboxState& state,
                   const Message& message) {
  if (message.to_agents.empty()) {
    if (!broadcast_unread(txn, agent, state, broadcast_row(message))) return false;
    txn.put(key::broadcast_read(agent, message.id), "");
    return true;
  }
  const std::string key = key::inbox(agent, message.timestamp, message.id);
  if (txn.get(key) != kUnread) return false;
  txn.put(key, kRead);
  --state.unread;
  return true;
}

// Into the inboxes of those it is addressed to, and of the sender.
void put_into_inboxes(Transaction& txn, const Message& message) {
  const bool counts = counts_as_unread(message);
  bool told_itself = false;
  for (const std::string& agent : message.to_agents) {
    if (agent == message.from_agent) {
      if (!tells_its_sender(message)) continue;
      told_itself = true;
    }
    txn.put(key::inbox(agent, message.timestamp, message.id), counts ? kUnread : kRead);
    if (!counts) continue;
    InboxState state = load_inbox_state(txn, agent);
    ++state.unread;
    save_inbox_state(txn, agent, state);
  }
  if (!told_itself) {
    txn.put(key::inbox(message.from_agent, message.timestamp, message.id), kSent);
  }
}

}  // namespace

std::string send_message(Context& context, Message message, std::string_view label,
                         Delivery delivery) {
  Transaction& txn = context.txn;
  if (message.id.empty()) message.id = new_uuid(txn, label);
  if (message.timestamp == 0) message.timestamp = context.now_ms;
  txn.put(key::message(message.id), json::canonical(to_json(message)));
  txn.put(key::message_time(message.timestamp, message.id), "");
  add_message_count(txn, 1);
  if (message.to_agents.empty()) {
    txn.put(key::broadcast(message.timestamp, message.id),
            json::canonical(
                json::object{{"from", message.from_agent}, {"counts", counts_as_unread(message)}}));
  } else {
    put_into_inboxes(txn, message);
  }
  if (delivery == Delivery::kOffered) offer_message(context, message);
  return message.id;
}

std::optional<Message> load_message(Transaction& txn, std::string_view id) {
  const std::string key = key::message(id);
  const auto stored = txn.get(key);
  if (!stored) return std::nullopt;
  return message_from_json(parse_document(key, *stored));
}

std::int64_t unread_count(Transaction& txn, std::string_view agent) {
  const InboxState state = load_inbox_state(txn, agent);
  std::int64_t unread = state.unread;
  for (const BroadcastRow& row : new_broadcasts(txn, state, kFilterWindow)) {
    if (broadcast_unread(txn, agent, state, row)) ++unread;
  }
  return unread;
}

std::vector<InboxItem> read_inbox(Transaction& txn, std::string_view agent,
                                  const InboxQuery& query) {
  const InboxState state = load_inbox_state(txn, agent);
  std::vector<Candidate> candidates;
  add_addressed(txn, agent, query, state.unread, candidates);
  add_broadcasts(txn, agent, query, state, candidates);
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.order > b.order; });
  std::vector<InboxItem> items;
  for (const Candidate& candidate : candidates) {
    if (items.size() >= query.limit) break;
    auto message = load_message(txn, candidate.id);
    if (!message || !matches(*message, query)) continue;
    items.push_back({std::move(*message), candidate.unread});
  }
  return items;
}

bool unread_by(Transaction& txn, std::string_view agent, const Message& message) {
  if (!message.to_agents.empty()) {
    return txn.get(key::inbox(agent, message.timestamp, message.id)) == kUnread;
  }
  return broadcast_unread(txn, agent, load_inbox_state(txn, agent), broadcast_row(message));
}

std::int64_t mark_read(Context& context, std::string_view agent,
                       const std::vector<std::string>& ids) {
  Transaction& txn = context.txn;
  InboxState state = load_inbox_state(txn, agent);
  std::vector<std::string> marked;
  for (const std::string& id : ids) {
    const auto message = load_message(txn, id);
    if (message && mark_one_read(txn, agent, state, *message)) marked.push_back(id);
  }
  if (marked.empty()) return 0;
  save_inbox_state(txn, agent, state);
  settle_deliveries(context, agent, marked);
  return static_cast<std::int64_t>(marked.size());
}

bool mark_all_read(Context& context, std::string_view agent, MarkAll& progress) {
  InboxState state = load_inbox_state(context.txn, agent);
  const InboxState before = state;
  std::vector<std::string> marked;
  bool more = true;
  if (!progress.addressed_done) {
    mark_addressed(context.txn, agent, state, progress.place, marked);
    progress.addressed_done = progress.place.empty();
    progress.full = !progress.addressed_done;
  } else {
    more = mark_broadcasts(context, agent, state, marked);
    progress.full = more;
  }
  if (state.unread != before.unread || state.cursor != before.cursor) {
    save_inbox_state(context.txn, agent, state);
  }
  settle_deliveries(context, agent, marked);
  progress.marked += static_cast<std::int64_t>(marked.size());
  return more;
}

}  // namespace ansible
