#include "core/fields.hpp"
#include "core/keys.hpp"
#include "dispatch/outbox.hpp"
#include "messages/inbox_state.hpp"
#include "messages/message_erase.hpp"
#include "messages/message_store.hpp"
#include "purge/purge.hpp"

namespace ansible {
namespace {

constexpr std::size_t kRowsPerStep = 200;

// Nobody else has it.
bool own(const Message& message, const std::string& agent) {
  return message.from_agent == agent ||
         (message.to_agents.size() == 1 && message.to_agents.front() == agent);
}

void erase_own(Context& context, Purge& purge, const Message& message) {
  erase_message(context, message);
  context.txn.erase(key::conversation(message.id));  // the one that began with it, however young
  ++purge.messages;
}

// Visits the rows below a prefix from where the purge is, until the step is over. True: there are no more.
template <class Visit>
bool walk(Context& context, Purge& purge, const std::string& prefix, const Visit& visit) {
  const std::string first = purge.cursor.empty() ? prefix : purge.cursor + '\0';
  const Rows rows = collect(context.txn, first, prefix_end(prefix), {.limit = kRowsPerStep});
  for (const auto& [at, value] : rows) {
    purge.cursor = at;
    visit(at, value);
    if (context.txn.should_yield()) return false;
  }
  if (rows.size() == kRowsPerStep) return false;
  purge.cursor.clear();
  return true;
}

}  // namespace

bool purge_messages(Context& context, Purge& purge) {
  const std::string prefix = "inbox/" + key::part(purge.agent) + '/';
  return walk(context, purge, prefix, [&](const std::string& at, const std::string&) {
    const auto message = load_message(context.txn, key::last_part(at));
    if (message && own(*message, purge.agent)) {
      erase_own(context, purge, *message);
    } else if (message) {
      withdraw(context.txn, key::message(message->id), purge.agent);
      context.txn.erase(key::delivery(key::message(message->id), purge.agent));
    }
    context.txn.erase(at);
  });
}

bool purge_broadcasts(Context& context, Purge& purge) {
  return walk(context, purge, "broadcast/", [&](const std::string& at, const std::string& value) {
    const std::string id = key::last_part(at);
    if (broadcast_row(at, value).from != purge.agent) {
      return context.txn.erase(key::broadcast_read(purge.agent, id));
    }
    const auto message = load_message(context.txn, id);
    if (message) erase_own(context, purge, *message);
  });
}

}  // namespace ansible
