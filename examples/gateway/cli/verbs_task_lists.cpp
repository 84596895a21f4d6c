// openclaw ansible tasks [list|timeline], tasks-dump
#include <array>

#include "cli/json_text.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

using enum FlagType;

constexpr std::array<Flag, 4> kList = {{
    {"-s,--status", "status"},
    {"--assigned-to", "assignedTo"},
    {"--title", "titleContains"},
    {"-n,--limit", "limit", kInteger, false, "20", "How many to show: 1 to 50"},
}};
constexpr std::array<Flag, 2> kPending = {{
    {"-s,--status", "status", kText, false, "pending"},
    {"-n,--limit", "limit", kInteger, false, "20"},
}};

const char* icon(const std::string& status) {
  if (status == "completed") return "\u2713";
  if (status == "failed") return "\u2717";
  if (status == "in_progress") return "\u25b6";
  if (status == "claimed") return "\u25c9";
  return "\u25cb";
}

void listed(Printer& print, const json::object& reply, const json::object&) {
  const json::array matches = array_in(reply, "matches");
  print.heading("Tasks (" + std::to_string(matches.size()) + " of " +
                std::to_string(int_of(reply, "total")) + ")");
  std::vector<std::vector<std::string>> rows;
  for (const json::value& match : matches) {
    if (!match.is_object()) continue;
    const json::object& task = match.get_object();
    const std::string intent = text_of(task, "intent");
    rows.push_back(
        {std::string(icon(text_of(task, "status"))) + " [" + text_of(task, "id").substr(0, 8) + "]",
         text_of(task, "status"), "\u2192 " + joined(array_in(task, "assignedToAll"), "anyone"),
         text_of(task, "title") + (intent.empty() ? "" : " [" + intent + "]")});
  }
  print.table(rows);
  if (rows.empty()) print.line("  none");
}

void timeline(Printer& print, const json::object& reply, const json::object&) {
  const json::object task = object_in(reply, "task");
  print.heading(text_of(task, "title") + " [" + text_of(task, "id").substr(0, 8) + "]");
  print.field("status", text_of(task, "status"));
  std::vector<std::vector<std::string>> rows;
  for (const json::value& event : array_in(reply, "timeline")) {
    if (!event.is_object()) continue;
    const json::object& e = event.get_object();
    rows.push_back({local_time(int_of(e, "at")), text_of(e, "kind"), text_of(e, "byAgentId"),
                    text_of(e, "note")});
  }
  print.table(rows);
}

constexpr ToolVerb kVerbs[] = {
    {.path = "ansible tasks",
     .tool = "ansible_find_task",
     .flags = kPending,
     .render = listed,
     .help = "Pending tasks, and everything that is done with tasks"},
    {.path = "ansible tasks list", .tool = "ansible_find_task", .flags = kList, .render = listed},
    {.path = "ansible tasks timeline",
     .tool = "ansible_task_timeline",
     .flags = {},
     .render = timeline,
     .positional = "taskId",
     .positional_name = "TASK"},
};

}  // namespace

std::span<const ToolVerb> task_list_verbs() { return kVerbs; }

}  // namespace gateway_app
