#include "dispatch/dead_letters.hpp"

#include <algorithm>

#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/keys.hpp"
#include "dispatch/inbox_stream.hpp"
#include "dispatch/sink_store.hpp"
#include "messages/message_store.hpp"
#include "tasks/task_store.hpp"
#include "tasks/transitions.hpp"

namespace ansible {
namespace {

constexpr std::size_t kLookedAt = 2'000;
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::string_view kPrefix = "dead-letter/";

std::string id_at(std::int64_t at_ms) { return "dl-" + key::ms(at_ms); }

// The message as it was, for those who have not read it.
void restore(Context& context, const DeadLetter& letter) {
  Message message = message_from_json(letter.message);
  message.to_agents = letter.agents;
  message.timestamp = 0;  // now
  message.metadata["replayedFrom"] = letter.id;
  send_message(context, std::move(message), "replay");
}

std::vector<std::string> with_sink(Context& context, const std::vector<std::string>& agents) {
  std::vector<std::string> out;
  for (const std::string& agent : agents) {
    if (load_sink(context.txn, agent)) out.push_back(agent);
  }
  return out;
}

void queue_again(Context& context, const DeadLetter& letter, const std::string& record) {
  for (const std::string& agent : letter.agents) {
    const auto sink = load_sink(context.txn, agent);
    if (!sink) continue;
    queue_record(context, *sink, record, 1);
  }
}

}  // namespace

std::string add_dead_letter(Context& context, DeadLetter letter) {
  letter.at = context.now_ms;
  letter.id = new_secret(context.txn, "dead-letter", id_at(letter.at) + '-', 4);
  context.txn.put(key::dead_letter(letter.id), json::canonical(to_json(letter)));
  return letter.id;
}

std::optional<DeadLetter> load_dead_letter(Transaction& txn, std::string_view id) {
  const std::string at = key::dead_letter(id);
  const auto stored = txn.get(at);
  if (!stored) return std::nullopt;
  return dead_letter_from_json(parse_document(at, *stored));
}

DeadLetterPage dead_letters(Transaction& txn, const std::optional<std::string>& agent,
                            std::string_view before, std::size_t limit) {
  const std::string last = before.empty() ? prefix_end(kPrefix) : key::dead_letter(before);
  DeadLetterPage page;
  std::size_t looked_at = 0;
  std::string seen;
  txn.scan(kPrefix, last, {.reverse = true, .limit = kLookedAt + 1},
           [&](std::string_view at, std::string_view value) {
             if (page.letters.size() == limit || looked_at == kLookedAt) {
               page.next = seen;
               return false;
             }
             ++looked_at;
             DeadLetter letter = dead_letter_from_json(parse_document(at, value));
             seen = letter.id;
             const auto& agents = letter.agents;
             if (!agent || std::find(agents.begin(), agents.end(), *agent) != agents.end()) {
               page.letters.push_back(std::move(letter));
             }
             return true;
           });
  return page;
}

Result<std::vector<std::string>> replay(Context& context, const DeadLetter& letter) {
  if (!letter.message.empty()) {
    restore(context, letter);
  } else if (letter.kind == "message") {
    if (!load_message(context.txn, letter.subject)) {
      return Error{code::kNotFound, "message " + letter.subject +
                                        " has been deleted; discard the dead letter with "
                                        "ansible_discard_dead_letter"};
    }
    queue_again(context, letter, key::message(letter.subject));
  } else {
    const auto task = load_task(context.txn, letter.subject);
    if (!task) return Error{code::kNotFound, "task " + letter.subject + " is gone"};
    if (task->status != TaskStatus::kPending) return *refuse_transition(*task, Action::kExhaust);
    queue_again(context, letter, key::task(letter.subject));
  }
  context.txn.erase(key::dead_letter(letter.id));
  return with_sink(context, letter.agents);
}

std::size_t expire_dead_letters(Context& context, std::size_t limit) {
  const std::int64_t before = context.now_ms - context.config.max_unread_days * kDayMs;
  std::vector<std::string> old;
  context.txn.scan(kPrefix, key::dead_letter(id_at(before)), {.limit = limit},
                   [&](std::string_view at, std::string_view) {
                     old.emplace_back(at);
                     return true;
                   });
  for (const std::string& at : old) context.txn.erase(at);
  return old.size();
}

}  // namespace ansible
