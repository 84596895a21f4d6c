#include "dispatch/conversation.hpp"

#include <algorithm>
#include <optional>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "dispatch/sink_store.hpp"
#include "messages/message_store.hpp"

namespace ansible {
namespace {

constexpr std::int64_t kAnswerWindowMs = 10 * 60'000;
constexpr std::int64_t kForgottenAfterMs = 24 * 3'600'000;
constexpr std::string_view kEverybody = "*";
constexpr std::string_view kPruneKind = "conversation";
constexpr std::string_view kPrune = "prune/conversation/";

constexpr std::string_view kNames[] = {"conversation_id", "conversationId", "corr"};

// {autoReplies, at, told: {agent: ms}}
json::object load(Transaction& txn, const std::string& conversation) {
  const std::string at = key::conversation(conversation);
  const auto stored = txn.get(at);
  return stored ? parse_document(at, *stored) : json::object{};
}

// The place in the list of what goes is that of the first time; forget_conversations() moves it on.
void save(Context& context, const std::string& conversation, json::object document) {
  if (!document.contains("at")) {
    context.txn.put(key::prune(kPruneKind, context.now_ms + kForgottenAfterMs, conversation), "");
  }
  document["at"] = context.now_ms;
  context.txn.put(key::conversation(conversation), json::canonical(document));
}

std::optional<std::string> named_conversation(const Message& message) {
  for (const std::string_view name : kNames) {
    if (auto id = text_field(message.metadata, name); id && !id->empty()) return id;
  }
  return std::nullopt;
}

// The conversation in which `peer` (or anybody) told `agent` something a moment ago.
std::optional<std::string> just_told(Context& context, std::string_view agent,
                                     std::string_view peer) {
  const std::string at = key::told(agent, peer);
  const auto stored = context.txn.get(at);
  if (!stored) return std::nullopt;
  const json::object told = parse_document(at, *stored);
  if (context.now_ms - int_field(told, "at").value_or(0) > kAnswerWindowMs) return std::nullopt;
  return text_field(told, "conversation");
}

// What the recipients told the sender a moment ago.
std::optional<std::string> just_answered(Context& context, const Message& message) {
  if (message.to_agents.empty()) return just_told(context, message.from_agent, kEverybody);
  for (const std::string& peer : message.to_agents) {
    if (auto conversation = just_told(context, message.from_agent, peer)) return conversation;
  }
  return std::nullopt;
}

bool told_in(Transaction& txn, const std::string& conversation, std::string_view agent) {
  return object_field(load(txn, conversation), "told").contains(agent);
}

// The conversation that `agent` means by a name: one in which it was told something, a task, or that of a message.
std::optional<std::string> meant_by(Transaction& txn, const std::string& name,
                                    std::string_view agent) {
  if (told_in(txn, name, agent) || txn.get(key::task(name))) return name;
  const auto message = load_message(txn, name);
  if (!message) return std::nullopt;
  std::string conversation = conversation_of(*message);
  if (!told_in(txn, conversation, agent)) return std::nullopt;
  return conversation;
}

// A new name alone does not make an answer the beginning of something else.
std::optional<std::string> answered(Context& context, const Message& message) {
  for (const std::string_view name : kNames) {
    const auto named = text_field(message.metadata, name);
    if (!named || named->empty()) continue;
    if (auto meant = meant_by(context.txn, *named, message.from_agent)) return meant;
  }
  return just_answered(context, message);
}

// The name that has to give way stays with the message, which can be found by it.
void put_into(Message& message, const std::string& conversation) {
  if (named_conversation(message) == conversation) return;
  const auto given = text_field(message.metadata, kNames[0]);
  if (given && !message.metadata.contains(kNames[1])) message.metadata[kNames[1]] = *given;
  message.metadata[kNames[0]] = conversation;
}

// The word of somebody without a sink.
void begin_anew(Context& context, const std::string& conversation) {
  json::object document = load(context.txn, conversation);
  if (int_field(document, "autoReplies").value_or(0) == 0) return;
  document["autoReplies"] = 0;
  save(context, conversation, std::move(document));
}

}  // namespace

std::string conversation_of(const Message& message) {
  return named_conversation(message).value_or(message.id);
}

bool in_conversation(const Message& message, std::string_view id) {
  return std::any_of(std::begin(kNames), std::end(kNames), [&](std::string_view name) {
    return text_field(message.metadata, name) == id;
  });
}

ReplyPlace place_reply(Context& context, Message& message) {
  if (!load_sink(context.txn, message.from_agent)) {
    if (const auto named = named_conversation(message)) begin_anew(context, *named);
    return {};
  }
  const auto conversation = answered(context, message);
  if (!conversation) return {};
  put_into(message, *conversation);
  json::object document = load(context.txn, *conversation);
  if (!object_field(document, "told").contains(message.from_agent)) return {};
  const std::int64_t replies = int_field(document, "autoReplies").value_or(0);
  if (replies >= context.config.max_auto_replies) return {.automatic = true, .muted = true};
  document["autoReplies"] = replies + 1;
  save(context, *conversation, std::move(document));
  return {.automatic = true};
}

void note_told(Context& context, const Message& message, std::string_view agent) {
  const std::string conversation = conversation_of(message);
  json::object document = load(context.txn, conversation);
  json::object told = object_field(document, "told");
  told[agent] = context.now_ms;
  document["told"] = std::move(told);
  save(context, conversation, std::move(document));
  const std::string last =
      json::canonical(json::object{{"conversation", conversation}, {"at", context.now_ms}});
  context.txn.put(key::told(agent, message.from_agent), last);
  context.txn.put(key::told(agent, kEverybody), last);
}

void forget_conversations(Context& context, std::size_t limit) {
  Transaction& txn = context.txn;
  const Rows due =
      collect(txn, kPrune, std::string(kPrune) + key::ms(context.now_ms), {.limit = limit});
  for (const auto& [row, empty] : due) {
    txn.erase(row);
    const std::string place = row.substr(row.rfind('/'));  // as it is: a long id is cut there
    const std::string at = "conversation" + place;
    const auto stored = txn.get(at);
    if (!stored) continue;
    const std::int64_t until =
        int_field(parse_document(at, *stored), "at").value_or(0) + kForgottenAfterMs;
    if (until < context.now_ms) {
      txn.erase(at);
    } else {
      txn.put(std::string(kPrune) + key::ms(until) + place, "");
    }
  }
}

}  // namespace ansible
