#include <array>

#include "actors/actor.hpp"
#include "actors/agent_store.hpp"
#include "actors/issue_once.hpp"
#include "actors/named_ids.hpp"
#include "core/fields.hpp"
#include "core/ids.hpp"
#include "dispatch/conversation.hpp"
#include "messages/message_store.hpp"
#include "messages/receipt.hpp"
#include "tools/acting.hpp"
#include "tools/request_key.hpp"
#include "tools/sizes.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr std::size_t kMostRecipients = 1'000;

constexpr std::array<Param, 8> kSendParams = {{
    {.name = "content",
     .type = kString,
     .description = "The message",
     .required = true,
     .max_length = 10'000},
    {.name = "to",
     .type = kStringOrStrings,
     .description = "Recipients; none: everybody",
     .max_length = 2'000},
    acting_agent("from_agent"),
    kAgentToken,
    {.name = "notify_on_send",
     .type = kBoolean,
     .description = "Send receipts to the admin and the receipt agents (true)"},
    {.name = "notify_to",
     .type = kStringOrStrings,
     .description = "Who else gets a receipt",
     .max_length = 2'000},
    {.name = "metadata",
     .type = kObject,
     .description = "Anything; conversation_id threads messages"},
    kIdempotencyKey,
}};

std::vector<std::string> unregistered(Context& context, const std::vector<std::string>& agents) {
  std::vector<std::string> out;
  for (const std::string& agent : agents) {
    if (!can_receive(context.txn, agent)) out.push_back(agent);
  }
  return out;
}

std::optional<Error> refuse_odd(Context& context, const Args& args) {
  for (const std::string_view name : {"to", "notify_to"}) {
    if (auto refusal = refuse_odd_agents(context, name, args.texts(name))) return refusal;
  }
  return std::nullopt;
}

std::optional<Error> refuse_sizes(const Args& args) {
  if (auto refusal = refuse_long_list(args, "to", kMostRecipients)) return refusal;
  if (auto refusal = refuse_long_list(args, "notify_to", kMostRecipients)) return refusal;
  return refuse_big_object(args, "metadata");
}

json::object sent_now(Context& context, const Args& args, const Actor& actor) {
  Message message;
  message.from_agent = actor.id;
  message.from_node = context.node_id();
  message.to_agents = meant_agents(context, args.texts("to"));
  message.content = *args.text("content");
  message.metadata = args.object("metadata");
  const ReplyPlace place = place_reply(context, message);
  const std::string id = send_message(context, message, "message",
                                      place.muted ? Delivery::kInboxOnly : Delivery::kOffered);

  const bool notify = args.boolean("notify_on_send").value_or(true);
  std::vector<std::string> receipts;
  if (notify) {
    receipts = send_receipt(context, {id, actor.id, message.to_agents, message.content},
                            meant_agents(context, args.texts("notify_to")));
  }
  json::object reply{
      {"success", true},
      {"messageId", id},
      {"notifyOnSend", notify},
      {"notifyTo", to_array(receipts)},
      {"message",
       message.to_agents.empty()
           ? std::string("Message sent to everybody")
           : "Message sent to " + std::to_string(message.to_agents.size()) + " recipient(s)"}};
  const auto nobody = unregistered(context, message.to_agents);
  if (!nobody.empty()) reply["unregistered"] = to_array(nobody);
  if (place.automatic) reply["automaticReply"] = true;
  if (place.muted) {
    reply["muted"] = true;
    reply["message"] = "Message stored, but delivered to nobody: the conversation has had its " +
                       std::to_string(context.config.max_auto_replies) +
                       " automatic replies (maxAutoReplies); recipients find it in their inboxes";
  }
  return reply;
}

ToolResult send(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  auto once = open_issue(context, args, *actor, "ansible_send_message");
  if (!once.ok()) return std::move(once.error());
  if (once->replay) return std::move(*once->replay);
  if (auto refusal = refuse_sizes(args)) return std::move(*refusal);
  if (auto refusal = refuse_odd(context, args)) return std::move(*refusal);
  return finish_issue(context, *once, sent_now(context, args, *actor));
}

constexpr std::array<Param, 6> kReadParams = {{
    {.name = "all", .type = kBoolean, .description = "Also read ones and those the agent sent"},
    {.name = "from",
     .type = kString,
     .description = "Only messages of this sender",
     .max_length = 100},
    {.name = "limit",
     .type = kInteger,
     .description = "At most so many (20)",
     .min = 1,
     .max = 1'000},
    acting_agent("agent"),
    kAgentToken,
    {.name = "conversation_id",
     .type = kString,
     .description = "Only this conversation",
     .max_length = 200},
}};

json::object shown(const InboxItem& item) {
  const Message& m = item.message;
  json::object out{{"id", m.id}, {"from", m.from_agent}};
  set_field(out, "to", m.to_agents);
  set_field(out, "intent", m.intent);
  out["content"] = m.content;
  out["timestamp"] = iso_time(m.timestamp);
  out["unread"] = item.unread;
  return out;
}

ToolResult read(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  InboxQuery query;
  query.all = args.flag("all");
  query.from = args.text("from");
  query.conversation_id = args.text("conversation_id");
  query.limit = static_cast<std::size_t>(args.integer("limit").value_or(20));
  json::array messages;
  ReplySize size;
  bool truncated = false;
  for (const InboxItem& item : read_inbox(context.txn, actor->id, query)) {
    json::value row = shown(item);
    truncated = !size.takes(row);
    if (truncated) break;
    messages.push_back(std::move(row));
  }
  const std::size_t total = messages.size();
  json::object reply{{"messages", std::move(messages)},
                     {"total", total},
                     {"agent", actor->id},
                     {"unreadMessages", unread_count(context.txn, actor->id)}};
  if (truncated) reply["truncated"] = true;  // the older ones are left out
  return reply;
}

constexpr std::array<Param, 3> kMarkParams = {{
    {.name = "messageIds",
     .type = kStrings,
     .description = "Which; none: all unread ones",
     .max_length = 100},
    acting_agent("agent"),
    kAgentToken,
}};

json::object marked_reply(std::int64_t marked) {
  return {{"success", true},
          {"marked", marked},
          {"message", "Marked " + std::to_string(marked) + " message(s) as read"}};
}

// All unread ones, some of them in each step.
ToolResult mark_all(Context& context, const std::string& agent) {
  MarkAll progress;
  if (!context.continuation.empty()) {
    const json::object from = parse_document("continuation", context.continuation);
    progress = {.marked = int_field(from, "marked").value_or(0),
                .addressed_done = bool_field(from, "addressedDone").value_or(false),
                .place = text_field(from, "place").value_or("")};
  }
  while (mark_all_read(context, agent, progress)) {
    if (!progress.full) continue;
    return More{json::canonical(json::object{{"marked", progress.marked},
                                             {"addressedDone", progress.addressed_done},
                                             {"place", progress.place}})};
  }
  return marked_reply(progress.marked);
}

ToolResult mark(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  const std::vector<std::string> ids = args.texts("messageIds");
  if (args.has("messageIds") && ids.empty()) {
    return json::object{{"success", true}, {"marked", 0}, {"message", "No message named"}};
  }
  if (!ids.empty()) return marked_reply(mark_read(context, actor->id, ids));
  return mark_all(context, actor->id);
}

constexpr Tool kTools[] = {
    {.name = "ansible_send_message",
     .description = "Send a message to agents, or to everybody",
     .params = kSendParams,
     .handler = send},
    {.name = "ansible_read_messages",
     .description = "Read an agent's inbox, newest first; marks nothing as read",
     .params = kReadParams,
     .handler = read,
     .read_only = true},
    {.name = "ansible_mark_read",
     .description = "Mark messages of an agent's inbox as read",
     .params = kMarkParams,
     .handler = mark},
};

}  // namespace

std::span<const Tool> message_tools() { return kTools; }

}  // namespace ansible
