// openclaw ansible messages, send
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

constexpr std::array<Flag, 8> kSend = {{
    {"-m,--message", "content", kText, true},
    {"-t,--to", "to", kTexts},
    {"--from", "from_agent"},
    {"--metadata", "metadata", kJson},
    {"--conversation-id", "metadata.conversation_id"},
    {"--kind", "metadata.kind"},
    {"--notify-to", "notify_to", kTexts},
    {"--no-notify-on-send", "notify_on_send", kSwitchOff},
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
  print.success(text_of(reply, "message", "Message sent"));
  print.field("id", text_of(reply, "messageId"));
  print.field("receipts", joined(array_in(reply, "notifyTo")));
  const json::array nobody = array_in(reply, "unregistered");
  if (!nobody.empty()) {
    print.warning("not registered, so nobody may read it: " + joined(nobody));
  }
}

constexpr ToolVerb kVerbs[] = {
    {.path = "ansible messages", .tool = "ansible_read_messages", .flags = kRead, .render = inbox},
    {.path = "ansible send", .tool = "ansible_send_message", .flags = kSend, .render = sent},
};

}  // namespace

std::span<const ToolVerb> message_verbs() { return kVerbs; }

}  // namespace gateway_app
