// openclaw ansible agent register|invite|accept|invites|token-issue|rebind|normalize|disable|enable|purge|list
#include <array>

#include "cli/json_text.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

using enum FlagType;

constexpr Flag kId = {"--id", "agent_id", kText, true};
constexpr Flag kExpires = {"--expires-in", "expires_in_seconds", kInteger};

constexpr Flag kKey = {"--idempotency-key", "idempotency_key"};

constexpr std::array<Flag, 6> kRegister = {{
    kId,
    {"--name", "name"},
    {"--type", "type"},
    {"--gateway", "gateway"},
    kExpires,
    kKey,
}};
constexpr std::array<Flag, 3> kInvite = {{
    kId,
    {"--ttl-minutes", "ttl_minutes", kInteger, false, "15"},
    kKey,
}};
constexpr std::array<Flag, 1> kAccept = {{{"--invite-token", "invite_token", kText, true}}};
constexpr std::array<Flag, 1> kInvites = {{{"--all", "all", kSwitch}}};
constexpr std::array<Flag, 2> kRebind = {{kId, {"--gateway", "gateway", kText, true}}};
constexpr std::array<Flag, 1> kNormalize = {{{"--dry-run", "dry_run", kSwitch}}};
constexpr std::array<Flag, 3> kIssue = {{kId, kExpires, kKey}};
constexpr std::array<Flag, 2> kDisable = {{kId, {"--reason", "reason"}}};
constexpr std::array<Flag, 1> kEnable = {{kId}};

void token_shown(Printer& print, const json::object& reply, const json::object&) {
  const std::string token = text_of(reply, "agent_token");
  const std::string file = text_of(reply, "tokenFile");
  print.success(text_of(reply, "message"));
  print.field("id", text_of(reply, "agent_id"));
  if (!file.empty()) {
    print.field("token file", file);
    print.line("  export OPENCLAW_ANSIBLE_TOKEN=\"$(cat '" + file + "')\"");
  }
  if (token.empty()) return;
  print.field("token", token);
  print.line("  export OPENCLAW_ANSIBLE_TOKEN=" + token);
}

void invited(Printer& print, const json::object& reply, const json::object&) {
  const std::string token = text_of(reply, "invite_token");
  print.success(text_of(reply, "message"));
  print.field("invite", text_of(reply, "invite_id"));
  print.field("agent", text_of(reply, "agent_id"));
  print.field("expires", local_time(int_of(reply, "expiresAt")));
  if (token.empty()) return;  // a replay
  print.field("invite token", token);
  print.line("  openclaw ansible agent accept --invite-token " + token);
  print.warning(text_of(reply, "warning"));
}

void invites_listed(Printer& print, const json::object& reply, const json::object&) {
  print.heading("Agent Invites (" + std::to_string(int_of(reply, "total")) + ")");
  std::vector<std::vector<std::string>> rows;
  for (const json::value& item : array_in(reply, "invites")) {
    if (!item.is_object()) continue;
    const json::object& invite = item.get_object();
    rows.push_back({"  " + text_of(invite, "invite_id"), text_of(invite, "agent_id"),
                    text_of(invite, "status"), "until " + local_time(int_of(invite, "expiresAt"))});
  }
  print.table(rows);
}

void normalized(Printer& print, const json::object& reply, const json::object&) {
  print.success("scanned=" + text_of(reply, "scannedInternalAgents") + " candidates=" +
                text_of(reply, "candidates") + " changed=" + text_of(reply, "changed"));
  for (const json::value& item : array_in(reply, "changes")) {
    if (!item.is_object()) continue;
    const json::object& change = item.get_object();
    print.line("  " + text_of(change, "agent_id") + ": " + text_of(change, "from_gateway") +
               " \u2192 " + text_of(change, "to_gateway"));
  }
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
     .actor_arg = "from_agent",
     .secret = "agent_token"},
    {.path = "ansible agent invite",
     .tool = "ansible_invite_agent",
     .flags = kInvite,
     .render = invited,
     .actor_arg = "from_agent"},
    {.path = "ansible agent accept",
     .tool = "ansible_accept_agent_invite",
     .flags = kAccept,
     .render = token_shown,
     .actor_arg = "from_agent",
     .secret = "agent_token"},
    {.path = "ansible agent invites",
     .tool = "ansible_list_agent_invites",
     .flags = kInvites,
     .render = invites_listed,
     .actor_arg = "from_agent"},
    {.path = "ansible agent rebind",
     .tool = "ansible_rebind_agent",
     .flags = kRebind,
     .render = changed,
     .actor_arg = "from_agent"},
    {.path = "ansible agent normalize",
     .tool = "ansible_normalize_internal_gateways",
     .flags = kNormalize,
     .render = normalized,
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
     .actor_arg = "from_agent",
     .secret = "agent_token"},
    {.path = "ansible agent disable",
     .tool = "ansible_disable_agent",
     .flags = kDisable,
     .render = changed,
     .actor_arg = "from_agent"},
    {.path = "ansible agent purge",
     .tool = "ansible_purge_agent",
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
