// openclaw ansible messages, messages-delete, send, dead-letters
#include <array>

#include "cli/json_text.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

using enum FlagType;

constexpr std::array<Flag, 5> kRead = {{
    {"-a,--all", "all", kSwitch},
    {"-f,--from", "from"},
    {"--agent", "agent"},
    {"--conversation-id", "conversation_id"},
    {"-n,--limit", "limit", kInteger, false, "20"},
}};

constexpr std::array<Flag, 9> kDelete = {{
    {"--id", "messageIds", kTexts},
    {"--all", "all", kSwitch},
    {"-f,--from", "from"},
    {"--conversation-id", "conversation_id"},
    {"--before", "before"},
    {"-n,--limit", "limit", kInteger, false, "200"},
    {"--dry-run", "dry_run", kSwitch},
    {"--reason", "reason", kText, true},
    {"--yes", "confirm", kWord, false, "DELETE_MESSAGES",
     "Really delete; needed unless it is a dry run"},
}};

constexpr std::array<Flag, 3> kDeadLetters = {{
    {"--agent", "agent"},
    {"-n,--limit", "limit", kInteger, false, "20"},
    {"--cursor", "cursor"},
}};

constexpr std::array<Flag, 10> kSend = {{
    {"-m,--message", "content", kText, true},
    {"-t,--to", "to", kTexts},
    {"--from", "from_agent"},
    {"--broadcast", "to", kWord, false, "", "To everybody, as without --to"},
    {"--metadata", "metadata", kJson},
    {"--conversation-id", "metadata.conversation_id", kText, false, nullptr,
     "The conversation that the message belongs to"},
    {"--kind", "metadata.kind", kText, false, nullptr,
     "What kind of message it is, for whoever reads it"},
    {"--notify-to", "notify_to", kTexts},
    {"--no-notify-on-send", "notify_on_send", kSwitchOff, false, nullptr,
     "Send no receipts (to the admin and whoever is configured to get them)"},
    {"--idempotency-key", "idempotency_key"},
}};

std::string indented(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "    ";
  }
  return out;
}

void inbox(Printer& print, const json::object& reply, const json::object&) {
  const json::array messages = array_in(reply, "messages");
  print.heading("Messages of " + text_of(reply, "agent") + " (" + std::to_string(messages.size()) +
                ", unread " + std::to_string(int_of(reply, "unreadMessages")) + ")");
  for (const json::value& item : messages) {
    if (!item.is_object()) continue;
    const json::object& m = item.get_object();
    const std::string intent = text_of(m, "intent");
    print.line(std::string(bool_of(m, "unread") ? "* " : "  ") + text_of(m, "timestamp") + "  " +
               text_of(m, "from") + " \u2192 " + joined(array_in(m, "to"), "everybody") +
               (intent.empty() ? "" : "  [" + intent + "]") + "  (" +
               text_of(m, "id").substr(0, 8) + ")");
    print.line("    " + indented(text_of(m, "content")));
  }
  if (messages.empty()) print.line("  none");
}

void sent(Printer& print, const json::object& reply, const json::object&) {
  if (!bool_of(reply, "idempotent")) {
    print.success(text_of(reply, "message", "Message sent"));
  }
  print.field("id", text_of(reply, "messageId"));
  print.field("receipts", joined(array_in(reply, "notifyTo")));
  const json::array nobody = array_in(reply, "unregistered");
  if (!nobody.empty()) {
    print.warning("not registered, so nobody may read it: " + joined(nobody));
  }
}

void deleted(Printer& print, const json::object& reply, const json::object&) {
  const bool dry = bool_of(reply, "dryRun");
  print.success(dry ? "Dry run: nothing was deleted" : "Messages deleted");
  print.field("matched", std::to_string(int_of(reply, "matched")));
  print.field("deleted", std::to_string(int_of(reply, "deleted")));
  if (bool_of(reply, "truncated")) print.warning("there may be more: raise --limit or run again");
}

void dead_letters(Printer& print, const json::object& reply, const json::object&) {
  const json::array letters = array_in(reply, "deadLetters");
  print.heading("Dead letters (" + std::to_string(letters.size()) + ")");
  for (const json::value& item : letters) {
    if (!item.is_object()) continue;
    const json::object& letter = item.get_object();
    print.line(text_of(letter, "id") + "  " + text_of(letter, "kind") + " " +
               text_of(letter, "subject").substr(0, 8) + " \u2192 " +
               joined(array_in(letter, "agents")) + "  [" + text_of(letter, "reason") + "]");
    print.line("    " + local_time(int_of(letter, "at")) + "  " + text_of(letter, "lastError"));
  }
  if (letters.empty()) print.line("  none");
  const std::string more = text_of(reply, "nextCursor");
  if (!more.empty()) print.line("  more with --cursor " + more);
}

void told(Printer& print, const json::object& reply, const json::object&) {
  print.success(text_of(reply, "message"));
}

constexpr ToolVerb kVerbs[] = {
    {.path = "ansible messages-delete",
     .tool = "ansible_delete_messages",
     .flags = kDelete,
     .render = deleted,
     .actor_arg = "from_agent"},
    {.path = "ansible dead-letters",
     .tool = "ansible_list_dead_letters",
     .flags = kDeadLetters,
     .render = dead_letters,
     .actor_arg = "from_agent"},
    {.path = "ansible dead-letters replay",
     .tool = "ansible_replay_dead_letter",
     .flags = {},
     .render = told,
     .positional = "id",
     .positional_name = "ID",
     .actor_arg = "from_agent"},
    {.path = "ansible dead-letters discard",
     .tool = "ansible_discard_dead_letter",
     .flags = {},
     .render = told,
     .positional = "id",
     .positional_name = "ID",
     .actor_arg = "from_agent"},
    {.path = "ansible messages", .tool = "ansible_read_messages", .flags = kRead, .render = inbox},
    {.path = "ansible send", .tool = "ansible_send_message", .flags = kSend, .render = sent},
};

}  // namespace

std::span<const ToolVerb> message_verbs() { return kVerbs; }

}  // namespace gateway_app
