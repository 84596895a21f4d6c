// ansible_delete_messages, ansible_dump_messages (reference 5.1, WHO-10).
#include <algorithm>
#include <array>

#include "actors/actor.hpp"
#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/keys.hpp"
#include "core/text.hpp"
#include "dispatch/conversation.hpp"
#include "dispatch/outbox.hpp"
#include "gateway/plugin_abi.h"
#include "messages/message_erase.hpp"
#include "messages/message_store.hpp"
#include "tools/acting.hpp"
#include "tools/sizes.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr std::string_view kConfirmation = "DELETE_MESSAGES";
constexpr std::size_t kShortestReason = 15;
constexpr std::size_t kMostLookedAt = 20'000;
constexpr std::size_t kLookedAtPerStep = 1'000;  // of messages to delete
constexpr std::size_t kRowsPerStep = 5'000;      // of inboxes that they stand in

constexpr Param kFromAgent = acting_agent("from_agent");
constexpr Param kFrom = {.name = "from",
                         .type = kString,
                         .description = "Only messages of this sender",
                         .max_length = 100};
constexpr Param kConversation = {.name = "conversation_id",
                                 .type = kString,
                                 .description = "Only this conversation",
                                 .max_length = 200};

constexpr std::array<Param, 11> kDeleteParams = {{
    {.name = "all", .type = kBoolean, .description = "Every message"},
    {.name = "messageIds", .type = kStrings, .description = "These messages", .max_length = 100},
    kFrom,
    kConversation,
    {.name = "before",
     .type = kString,
     .description = "ISO date-time: messages up to then",
     .max_length = 60},
    {.name = "limit",
     .type = kInteger,
     .description = "At most so many (200)",
     .min = 1,
     .max = 5'000},
    {.name = "dry_run", .type = kBoolean, .description = "Show what would be deleted (false)"},
    {.name = "confirm",
     .type = kString,
     .description = "Must be DELETE_MESSAGES, unless it is a dry run",
     .max_length = 100},
    {.name = "reason",
     .type = kString,
     .description = "Why, in at least 15 characters; logged",
     .required = true,
     .max_length = 5'000},
    kFromAgent,
    kAgentToken,
}};

constexpr std::array<Param, 7> kDumpParams = {{
    kFrom,
    {.name = "to",
     .type = kString,
     .description = "Only messages addressed to this agent",
     .max_length = 100},
    kConversation,
    {.name = "limit",
     .type = kInteger,
     .description = "At most so many (200)",
     .min = 1,
     .max = 1'000},
    {.name = "cursor",
     .type = kString,
     .description = "nextCursor of the page before",
     .max_length = 200},
    kFromAgent,
    kAgentToken,
}};

Error refused(std::string_view name, const std::string& expected, const std::string& got) {
  return {code::kInvalidArgument,
          std::string(name) + ": expected " + expected + ", got " + got,
          {{"pointer", '/' + std::string(name)}, {"expected", expected}, {"got", got}}};
}

// Any of these is enough (reference 5.1).
struct Selection {
  bool all = false;
  std::vector<std::string> ids;
  std::optional<std::string> from;
  std::optional<std::string> conversation_id;
  std::optional<std::int64_t> before;

  bool empty() const { return !all && ids.empty() && !from && !conversation_id && !before; }
  bool ids_only() const { return !ids.empty() && !all && !from && !conversation_id && !before; }
  bool matches(const Message& m) const {
    return all || std::find(ids.begin(), ids.end(), m.id) != ids.end() || from == m.from_agent ||
           (conversation_id && in_conversation(m, *conversation_id)) ||
           (before && m.timestamp <= *before);
  }
};

Result<Selection> selection(const Args& args) {
  Selection chosen{args.flag("all"), args.texts("messageIds"), args.text("from"),
                   args.text("conversation_id"), std::nullopt};
  if (const auto text = args.text("before")) {
    chosen.before = parse_iso_time(trimmed(*text));
    if (!chosen.before) return refused("before", "an ISO date-time", brief(json::value(*text)));
  }
  if (!chosen.empty()) return chosen;
  return Error{code::kInvalidArgument,
               "expected at least one of all, messageIds, from, conversation_id, before",
               {{"pointer", ""}, {"expected", "a selector"}, {"got", "none"}}};
}

// How far a deletion is; the continuation of its steps.
struct Deletion {
  json::array ids;    // of what is deleted
  std::string place;  // the last one that was looked at; empty: none yet
};

// The places that a step looks at, oldest message first: "<ms>/<id>", or "<number>/<id>" where ids were named.
std::vector<std::string> next_places(Transaction& txn, const Selection& chosen,
                                     const std::string& after) {
  std::vector<std::string> places;
  if (chosen.ids_only()) {
    std::size_t n = after.empty() ? 0 : std::stoull(key::nth_part(after, 0)) + 1;
    for (; n < chosen.ids.size() && places.size() < kLookedAtPerStep; ++n) {
      places.push_back(key::ms(static_cast<std::int64_t>(n)) + '/' + key::part(chosen.ids[n]));
    }
    return places;
  }
  const std::string prefix = "message-time/";
  const std::string first = after.empty() ? prefix : prefix + after + '\0';
  for (const auto& [at, value] :
       collect(txn, first, prefix_end(prefix), {.limit = kLookedAtPerStep})) {
    places.push_back(at.substr(prefix.size()));
  }
  return places;
}

// A step's part of the work. True: all is done.
bool delete_some(Context& context, const Selection& chosen, std::size_t limit, Deletion& deletion) {
  const auto places = next_places(context.txn, chosen, deletion.place);
  std::size_t rows = 0;
  for (const std::string& place : places) {
    if (deletion.ids.size() == limit) return true;
    if (rows >= kRowsPerStep) return false;
    deletion.place = place;
    const auto message = load_message(context.txn, key::last_part(place));
    if (!message || !chosen.matches(*message)) continue;
    rows += message->to_agents.size() + 1;
    deletion.ids.emplace_back(message->id);
    erase_message(context, *message);
  }
  return places.size() < kLookedAtPerStep;
}

Deletion deletion_so_far(const Context& context) {
  if (context.continuation.empty()) return {};
  const json::object from = parse_document("continuation", context.continuation);
  return {to_array(texts_field(from, "ids")), text_field(from, "place").value_or("")};
}

// An admin by its token: the gateway's bearer token alone is not enough to destroy what others wrote.
Result<Actor> resolve_deleter(Context& context, const Args& args) {
  if (!args.has("agent_token") && context.caller != CallerKind::kAgent) {
    return Error{code::kInvalidToken,
                 "agent_token is required to delete messages: pass the token of an admin agent"};
  }
  return resolve_admin(context, args, "deleting messages");
}

std::optional<Error> refuse_delete(const Args& args) {
  const std::string confirm = args.text_or("confirm", "");
  if (confirm != kConfirmation && !args.flag("dry_run")) {
    return refused("confirm", std::string(kConfirmation), brief(json::value(confirm)));
  }
  const std::string reason = trimmed(args.text_or("reason", ""));
  if (json::utf16_length(reason) < kShortestReason) {
    return refused("reason", "at least 15 characters", brief(json::value(reason)));
  }
  return std::nullopt;
}

ToolResult delete_messages(Context& context, const Args& args) {
  const auto actor = resolve_deleter(context, args);
  if (!actor.ok()) return actor.error();
  if (auto refusal = refuse_delete(args)) return std::move(*refusal);
  const auto chosen = selection(args);
  if (!chosen.ok()) return chosen.error();
  const auto limit = static_cast<std::size_t>(args.integer("limit").value_or(200));
  Deletion deletion = deletion_so_far(context);
  if (!delete_some(context, *chosen, limit, deletion)) {
    return More{
        json::canonical(json::object{{"ids", std::move(deletion.ids)}, {"place", deletion.place}})};
  }
  const std::size_t matched = deletion.ids.size();
  const bool dry = args.flag("dry_run");
  context.txn.log(GW_LOG_WARN, actor->recorded_as() + " deleted " + std::to_string(matched) +
                                   " message(s): " + trimmed(args.text_or("reason", "")));
  return json::object{{"success", true},
                      {"dryRun", dry},
                      {"deleted", dry ? 0 : matched},
                      {"matched", matched},
                      {"truncated", matched == limit},
                      {"messageIds", std::move(deletion.ids)},
                      {"warning", dry ? "Nothing was deleted: this was a dry run"
                                      : "Deleted messages cannot be brought back"}};
}

// --- dump

bool dumped(const Args& args, const Message& message) {
  if (args.has("from") && message.from_agent != args.text_or("from", "")) return false;
  const auto& to = message.to_agents;
  if (args.has("to") && std::find(to.begin(), to.end(), args.text_or("to", "")) == to.end()) {
    return false;
  }
  return !args.has("conversation_id") ||
         in_conversation(message, args.text_or("conversation_id", ""));
}

json::object shown(Context& context, const Message& message,
                   const std::vector<std::string>& everybody) {
  json::object value = to_json(message);
  value["readBy_agents"] = to_array(readers(context.txn, message, everybody));
  json::object delivery = shown_deliveries(context.txn, key::message(message.id));
  if (!delivery.empty()) value["delivery"] = std::move(delivery);
  return {{"key", message.id}, {"id", message.id}, {"value", std::move(value)}};
}

struct Page {
  std::vector<Message> messages;
  std::string next;  // the place after which the next page begins; empty: this was the last
};

// Oldest first.
Page read_page(Transaction& txn, const Args& args, std::size_t limit) {
  const std::string prefix = "message-time/";
  const std::string cursor = args.text_or("cursor", "");
  const std::string first = cursor.empty() ? prefix : prefix + cursor + '\0';
  const Rows rows = collect(txn, first, prefix_end(prefix), {.limit = kMostLookedAt});
  Page page;
  std::size_t bytes = 0;
  for (const auto& [at, value] : rows) {
    if (page.messages.size() >= limit || bytes > kMostReplyBytes) return page;
    auto message = load_message(txn, key::last_part(at));
    page.next = at.substr(prefix.size());
    if (!message || !dumped(args, *message)) continue;
    bytes += json::canonical(to_json(*message)).size();
    page.messages.push_back(std::move(*message));
  }
  if (rows.size() < kMostLookedAt) page.next.clear();
  return page;
}

ToolResult dump_messages(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "dumping messages");
  if (!actor.ok()) return actor.error();
  const auto limit = static_cast<std::size_t>(args.integer("limit").value_or(200));
  const Page page = read_page(context.txn, args, limit);
  const auto everybody = enabled_agents(context.txn);
  json::array items;
  for (const Message& message : page.messages) {
    items.emplace_back(shown(context, message, everybody));
  }
  json::object reply{{"success", true},
                     {"generatedAt", context.now_ms},
                     {"myId", context.node_id()},
                     {"returned", items.size()},
                     {"items", std::move(items)}};
  const bool filtered = args.has("from") || args.has("to") || args.has("conversation_id");
  if (!filtered) reply["total"] = message_count(context.txn);
  if (!page.next.empty()) reply["nextCursor"] = page.next;
  return reply;
}

constexpr Tool kTools[] = {
    {.name = "ansible_delete_messages",
     .description = "Delete messages for good (admin, with its token)",
     .params = kDeleteParams,
     .handler = delete_messages,
     .dry_run_arg = "/dry_run"},
    {.name = "ansible_dump_messages",
     .description = "Show whole messages with readers and deliveries, page by page (admin)",
     .params = kDumpParams,
     .handler = dump_messages,
     .read_only = true},
};

}  // namespace

std::span<const Tool> message_admin_tools() { return kTools; }

}  // namespace ansible
