// openclaw ansible agent register|list|token-issue|disable|enable
#include <array>

#include "cli/json_text.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

using enum FlagType;

constexpr Flag kId = {"--id", "agent_id", kText, true};
constexpr Flag kExpires = {"--expires-in", "expires_in_seconds", kInteger};

constexpr std::array<Flag, 5> kRegister = {{
    kId,
    {"--name", "name"},
    {"--type", "type"},
    {"--gateway", "gateway"},
    kExpires,
}};
constexpr std::array<Flag, 2> kIssue = {{kId, kExpires}};
constexpr std::array<Flag, 2> kDisable = {{kId, {"--reason", "reason"}}};
constexpr std::array<Flag, 1> kEnable = {{kId}};

void token_shown(Printer& print, const json::object& reply, const json::object&) {
  const std::string token = text_of(reply, "agent_token");
  print.success(text_of(reply, "message"));
  print.field("id", text_of(reply, "agent_id"));
  if (token.empty()) return;
  print.field("token", token);
  print.line("  export OPENCLAW_ANSIBLE_TOKEN=" + token);
}

void changed(Printer& print, const json::object& reply, const json::object&) {
  print.success(text_of(reply, "message"));
}

void listed(Printer& print, const json::object& reply, const json::object&) {
  print.heading("Registered Agents (" + std::to_string(int_of(reply, "total")) + ")");
  std::vector<std::vector<std::string>> rows;
  for (const json::value& item : array_in(reply, "agents")) {
    if (!item.is_object()) continue;
    const json::object& agent = item.get_object();
    const bool disabled = agent.contains("disabledAt");
    rows.push_back({"  " + text_of(agent, "id"), text_of(agent, "type"),
                    text_of(agent, "gateway", "-"),
                    disabled ? "disabled " + text_of(agent, "disableReason") : "enabled"});
  }
  print.table(rows);
}

constexpr ToolVerb kVerbs[] = {
    {.path = "ansible agent register",
     .tool = "ansible_register_agent",
     .flags = kRegister,
     .render = token_shown,
     .actor_arg = "from_agent"},
    {.path = "ansible agent list",
     .tool = "ansible_list_agents",
     .flags = {},
     .render = listed,
     .actor_arg = "from_agent"},
    {.path = "ansible agent token-issue",
     .tool = "ansible_issue_agent_token",
     .flags = kIssue,
     .render = token_shown,
     .actor_arg = "from_agent"},
    {.path = "ansible agent disable",
     .tool = "ansible_disable_agent",
     .flags = kDisable,
     .render = changed,
     .actor_arg = "from_agent"},
    {.path = "ansible agent enable",
     .tool = "ansible_enable_agent",
     .flags = kEnable,
     .render = changed,
     .actor_arg = "from_agent"},
};

}  // namespace

std::span<const ToolVerb> agent_verbs() { return kVerbs; }

}  // namespace gateway_app
