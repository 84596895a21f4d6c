#include "messages/retention.hpp"

#include <string>
#include <vector>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "dispatch/conversation.hpp"
#include "dispatch/dead_letters.hpp"
#include "messages/message_erase.hpp"
#include "messages/message_store.hpp"

namespace ansible {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kKeptMs = 24 * kHourMs;
constexpr std::int64_t kKept = 50;
constexpr std::int64_t kPerRun = 2'000;  // messages looked at
constexpr std::size_t kExpired = 500;    // dead letters per run
constexpr std::size_t kForgotten = 500;  // conversations per run

// What a run has done so far: its continuation.
struct Run {
  std::int64_t looked_at = 0;
  std::int64_t deleted = 0;
  std::int64_t dead_letters = 0;
};

Run run_from(const std::string& continuation) {
  if (continuation.empty()) return {};
  const json::object from = parse_document("continuation", continuation);
  return {int_field(from, "lookedAt").value_or(0), int_field(from, "deleted").value_or(0),
          int_field(from, "deadLetters").value_or(0)};
}

json::object to_json(const Run& run) {
  return {{"lookedAt", run.looked_at}, {"deleted", run.deleted}, {"deadLetters", run.dead_letters}};
}

// The first message after the place where the last look ended; nothing behind the newest.
std::optional<Message> next_message(Transaction& txn, std::string& place) {
  const std::string prefix = "message-time/";
  const std::string first = place.empty() ? prefix : place + '\0';
  const Rows row = collect(txn, first, prefix_end(prefix), {.limit = 1});
  if (row.empty()) return std::nullopt;
  place = row.front().first;
  auto message = load_message(txn, key::last_part(place));
  if (!message) throw std::runtime_error("a message is missing: " + place);
  return message;
}

void expire(Context& context, const Message& message, std::vector<std::string> unread, Run& run) {
  add_dead_letter(context, {.kind = "message",
                            .subject = message.id,
                            .agents = std::move(unread),
                            .reason = "unread_expired",
                            .message = ansible::to_json(message)});
  ++run.dead_letters;
}

// Deletes the message, or leaves it.
void look_at(Context& context, const Message& message, Run& run) {
  ++run.looked_at;
  const std::int64_t age = context.now_ms - message.timestamp;
  const bool old = age > kKeptMs || message_count(context.txn) > kKept;
  if (!old) return;
  if (still_unread(context.txn, message)) {
    if (age <= context.config.max_unread_days * 24 * kHourMs) return;
    expire(context, message, unread_recipients(context.txn, message, enabled_agents(context.txn)),
           run);
  }
  erase_message(context, message);
  ++run.deleted;
}

// Nothing from this message on needs a look: they are younger still.
bool nothing_to_do(Context& context, const Message& message) {
  return context.now_ms - message.timestamp <= kKeptMs && message_count(context.txn) <= kKept;
}

}  // namespace

ToolResult message_sweep(Context& context) {
  if (!context.node.sweeps) {
    return json::object{{"success", true}, {"skipped", context.node.reason}};
  }
  Run run = run_from(context.continuation);
  std::string place(context.txn.get(key::kMessageSweep).value_or(""));
  const std::string before = place;
  bool end = false;
  while (!end && run.looked_at < kPerRun) {
    const auto message = next_message(context.txn, place);
    end = !message || nothing_to_do(context, *message);
    if (end) break;
    look_at(context, *message, run);
    if (!context.txn.should_yield()) continue;
    context.txn.put(key::kMessageSweep, place);
    return More{json::canonical(to_json(run))};
  }
  if (end) place.clear();  // the next run begins with the oldest
  if (place != before) context.txn.put(key::kMessageSweep, place);
  forget_conversations(context, kForgotten);
  json::object reply = to_json(run);
  reply["success"] = true;
  reply["expiredDeadLetters"] = expire_dead_letters(context, kExpired);
  return reply;
}

}  // namespace ansible
