#include "messages/inbox_state.hpp"

#include "actors/agent_store.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"

namespace ansible {

InboxState load_inbox_state(Transaction& txn, std::string_view agent) {
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

void save_inbox_state(Transaction& txn, std::string_view agent, const InboxState& state) {
  txn.put(key::inbox_state(agent),
          json::canonical(json::object{{"unread", state.unread}, {"cursor", state.cursor}}));
}

BroadcastRow broadcast_row(const std::string& key, std::string_view value) {
  const json::object row = parse_document(key, value);
  return {key, key::last_part(key), text_field(row, "from").value_or(""),
          bool_field(row, "counts").value_or(true)};
}

BroadcastRow broadcast_row(const Message& message) {
  return {key::broadcast(message.timestamp, message.id), message.id, message.from_agent,
          counts_as_unread(message)};
}

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

}  // namespace ansible
