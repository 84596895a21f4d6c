#include "messages/message_store.hpp"

#include <algorithm>

#include "actors/agent_store.hpp"
#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/keys.hpp"

namespace ansible {
namespace {

// What an inbox row says about its message.
constexpr std::string_view kUnread = "unread";
constexpr std::string_view kRead = "read";  // read, or one that never counts as unread (MSG-3)
constexpr std::string_view kSent = "sent";

constexpr std::size_t kFilterWindow = 2000;  // how far back a filtered read looks

// Per agent: how many addressed messages are unread, and up to where broadcasts are read.
struct InboxState {
  std::int64_t unread = 0;
  std::string cursor;  // key of the newest broadcast that is read with all before it
};

InboxState load_state(Transaction& txn, std::string_view agent) {
  const std::string key = key::inbox_state(agent);
  const auto stored = txn.get(key);
  InboxState state;
  if (stored) {
    const json::object from = parse_document(key, *stored);
    state.unread = int_field(from, "unread").value_or(0);
    state.cursor = text_field(from, "cursor").value_or("");
  }
  if (state.cursor.empty()) {  // broadcasts from before the agent are not for it
    const auto record = load_agent(txn, agent);
    state.cursor = key::broadcast(record ? record->registered_at : 0, "");
  }
  return state;
}

void save_state(Transaction& txn, std::string_view agent, const InboxState& state) {
  txn.put(key::inbox_state(agent),
          json::canonical(json::object{{"unread", state.unread}, {"cursor", state.cursor}}));
}

struct BroadcastRow {
  std::string key;
  std::string id;
  std::string from;
  bool counts = false;
};

BroadcastRow broadcast_row(const std::string& key, std::string_view value) {
  const json::object row = parse_document(key, value);
  return {key, key::last_part(key), text_field(row, "from").value_or(""),
          bool_field(row, "counts").value_or(true)};
}

// Broadcasts above the agent's cursor, oldest first.
std::vector<BroadcastRow> new_broadcasts(Transaction& txn, const InboxState& state,
                                         std::size_t limit) {
  std::vector<BroadcastRow> out;
  const std::string first = state.cursor + '\0';
  for (const auto& [key, value] : collect(txn, first, prefix_end("broadcast/"), {.limit = limit})) {
    out.push_back(broadcast_row(key, value));
  }
  return out;
}

bool broadcast_unread(Transaction& txn, std::string_view agent, const InboxState& state,
                      const BroadcastRow& row) {
  return row.counts && row.key > state.cursor && row.from != agent &&
         !txn.get(key::broadcast_read(agent, row.id));
}

// A place in the merged, newest-first order of addressed messages and broadcasts.
struct Candidate {
  std::string order;  // "<ms>/<id>"
  std::string id;
  bool unread = false;
};

std::string order_of(std::string_view key, std::size_t prefix) {
  return std::string(key.substr(prefix));
}

void add_addressed(Transaction& txn, std::string_view agent, const InboxQuery& query,
                   std::int64_t unread, std::size_t limit, std::vector<Candidate>& out) {
  const std::string prefix = "inbox/" + key::part(agent) + '/';
  if (!query.all && unread == 0) return;
  std::int64_t left = query.all ? INT64_MAX : unread;
  txn.scan(prefix, prefix_end(prefix), {.reverse = true, .limit = limit},
           [&](std::string_view key, std::string_view value) {
             const bool is_unread = value == kUnread;
             if (query.all || is_unread) {
               out.push_back({order_of(key, prefix.size()), key::last_part(key), is_unread});
             }
             if (is_unread) --left;
             return left > 0;
           });
}

void add_broadcasts(Transaction& txn, std::string_view agent, const InboxQuery& query,
                    const InboxState& state, std::size_t limit, std::vector<Candidate>& out) {
  const std::string prefix = "broadcast/";
  const std::string first = query.all ? prefix : state.cursor + '\0';
  for (const auto& [key, value] :
       collect(txn, first, prefix_end(prefix), {.reverse = true, .limit = limit})) {
    const BroadcastRow row = broadcast_row(key, value);
    const bool unread = broadcast_unread(txn, agent, state, row);
    if (!query.all && !unread) continue;
    out.push_back({order_of(key, prefix.size()), row.id, unread});
  }
}

bool matches(const Message& message, const InboxQuery& query) {
  if (query.from && message.from_agent != *query.from) return false;
  if (!query.conversation_id) return true;
  for (const std::string_view name : {"conversation_id", "conversationId", "corr"}) {
    if (text_field(message.metadata, name) == query.conversation_id) return true;
  }
  return false;
}

// Who writes to itself knows what it wrote. But a sweep speaks in the node's name, and its operator must learn that a
// task of its own is late.
bool tells_its_sender(const Message& message) { return message.intent == "task_sla_breached"; }

std::int64_t mark_all_read(Transaction& txn, std::string_view agent, InboxState& state) {
  std::int64_t marked = 0;
  const std::string prefix = "inbox/" + key::part(agent) + '/';
  std::vector<std::string> unread_keys;
  txn.scan(prefix, prefix_end(prefix), {.reverse = true, .limit = SIZE_MAX},
           [&](std::string_view key, std::string_view value) {
             if (value == kUnread) unread_keys.emplace_back(key);
             return static_cast<std::int64_t>(unread_keys.size()) < state.unread;
           });
  if (state.unread > 0) {
    for (const std::string& key : unread_keys) txn.put(key, kRead);
    marked += static_cast<std::int64_t>(unread_keys.size());
  }
  for (const BroadcastRow& row : new_broadcasts(txn, state, SIZE_MAX)) {
    if (broadcast_unread(txn, agent, state, row)) ++marked;
    txn.erase(key::broadcast_read(agent, row.id));
    state.cursor = row.key;
  }
  state.unread = 0;
  return marked;
}

std::int64_t mark_one_read(Transaction& txn, std::string_view agent, InboxState& state,
                           const Message& message) {
  if (message.to_agents.empty()) {
    const BroadcastRow row{key::broadcast(message.timestamp, message.id), message.id,
                           message.from_agent, counts_as_unread(message)};
    if (!broadcast_unread(txn, agent, state, row)) return 0;
    txn.put(key::broadcast_read(agent, message.id), "");
    return 1;
  }
  const std::string key = key::inbox(agent, message.timestamp, message.id);
  if (txn.get(key) != kUnread) return 0;
  txn.put(key, kRead);
  --state.unread;
  return 1;
}

}  // namespace

std::string send_message(Context& context, Message message, std::string_view label) {
  Transaction& txn = context.txn;
  if (message.id.empty()) message.id = new_uuid(txn, label);
  if (message.timestamp == 0) message.timestamp = context.now_ms;
  const bool counts = counts_as_unread(message);
  txn.put(key::message(message.id), json::canonical(to_json(message)));
  txn.put(key::message_time(message.timestamp, message.id), "");
  if (message.to_agents.empty()) {
    txn.put(key::broadcast(message.timestamp, message.id),
            json::canonical(json::object{{"from", message.from_agent}, {"counts", counts}}));
    return message.id;
  }
  bool told_itself = false;
  for (const std::string& agent : message.to_agents) {
    if (agent == message.from_agent) {
      if (!tells_its_sender(message)) continue;
      told_itself = true;
    }
    txn.put(key::inbox(agent, message.timestamp, message.id), counts ? kUnread : kRead);
    if (!counts) continue;
    InboxState state = load_state(txn, agent);
    ++state.unread;
    save_state(txn, agent, state);
  }
  if (!told_itself) {
    txn.put(key::inbox(message.from_agent, message.timestamp, message.id), kSent);
  }
  return message.id;
}

std::optional<Message> load_message(Transaction& txn, std::string_view id) {
  const std::string key = key::message(id);
  const auto stored = txn.get(key);
  if (!stored) return std::nullopt;
  return message_from_json(parse_document(key, *stored));
}

std::int64_t unread_count(Transaction& txn, std::string_view agent) {
  const InboxState state = load_state(txn, agent);
  std::int64_t unread = state.unread;
  for (const BroadcastRow& row : new_broadcasts(txn, state, kFilterWindow)) {
    if (broadcast_unread(txn, agent, state, row)) ++unread;
  }
  return unread;
}

std::vector<InboxItem> read_inbox(Transaction& txn, std::string_view agent,
                                  const InboxQuery& query) {
  const InboxState state = load_state(txn, agent);
  const bool filtered = query.from || query.conversation_id;
  const std::size_t limit = filtered || !query.all ? kFilterWindow : query.limit;
  std::vector<Candidate> candidates;
  add_addressed(txn, agent, query, state.unread, limit, candidates);
  add_broadcasts(txn, agent, query, state, limit, candidates);
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

std::int64_t mark_read(Transaction& txn, std::string_view agent,
                       const std::vector<std::string>& ids) {
  InboxState state = load_state(txn, agent);
  std::int64_t marked = 0;
  if (ids.empty()) {
    marked = mark_all_read(txn, agent, state);
  } else {
    for (const std::string& id : ids) {
      const auto message = load_message(txn, id);
      if (message) marked += mark_one_read(txn, agent, state, *message);
    }
  }
  if (marked > 0) save_state(txn, agent, state);
  return marked;
}

}  // namespace ansible
