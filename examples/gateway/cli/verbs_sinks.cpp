// openclaw ansible agent sink|sink-remove|sinks
#include <array>

#include "cli/json_text.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

using enum FlagType;

constexpr Flag kId = {"--id", "agent_id", kText, true};
constexpr std::array<Flag, 3> kSet = {{kId, {"--url", "url"}, {"--secret", "secret"}}};
constexpr std::array<Flag, 1> kRemove = {{kId}};

void set(Printer& print, const json::object& reply, const json::object&) {
  print.success(text_of(reply, "message"));
  print.field("waiting", std::to_string(int_of(reply, "waiting")));
  print.field("secret", text_of(reply, "secret"));
}

void removed(Printer& print, const json::object& reply, const json::object&) {
  print.success(text_of(reply, "message"));
}

void listed(Printer& print, const json::object& reply, const json::object&) {
  print.heading("Agent sinks (" + std::to_string(int_of(reply, "total")) + ")");
  std::vector<std::vector<std::string>> rows;
  for (const json::value& item : array_in(reply, "sinks")) {
    if (!item.is_object()) continue;
    const json::object& sink = item.get_object();
    const std::string error = text_of(sink, "lastError");
    rows.push_back({"  " + text_of(sink, "agent_id"), text_of(sink, "kind"),
                    text_of(sink, "url", "-"), "waiting " + std::to_string(int_of(sink, "waiting")),
                    error.empty()
                        ? ""
                        : std::to_string(int_of(sink, "attempts")) + " attempts, last: " + error});
  }
  print.table(rows);
  if (rows.empty()) print.line("  none");
}

constexpr ToolVerb kVerbs[] = {
    {.path = "ansible agent sink",
     .tool = "ansible_set_agent_sink",
     .flags = kSet,
     .render = set,
     .actor_arg = "from_agent"},
    {.path = "ansible agent sink-remove",
     .tool = "ansible_remove_agent_sink",
     .flags = kRemove,
     .render = removed,
     .actor_arg = "from_agent"},
    {.path = "ansible agent sinks",
     .tool = "ansible_list_agent_sinks",
     .flags = {},
     .render = listed,
     .actor_arg = "from_agent"},
};

}  // namespace

std::span<const ToolVerb> sink_verbs() { return kVerbs; }

}  // namespace gateway_app
