// openclaw ansible bootstrap|invite|join|ws-ticket|revoke
#include <array>

#include "cli/json_text.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

using enum FlagType;

constexpr std::array<Flag, 3> kInvite = {{
    {"-t,--tier", "tier", kText, false, "edge"},
    {"--node", "node_id"},
    {"--public-key", "public_key"},
}};
constexpr std::array<Flag, 1> kJoin = {{{"-t,--token", "invite_token", kText, true}}};
constexpr std::array<Flag, 3> kTicket = {{
    {"--token", "invite_token", kText, true},
    {"--node", "node_id", kText, true},
    {"--ttl-seconds", "ttl_seconds", kInteger},
}};
constexpr std::array<Flag, 2> kRevoke = {{
    {"-n,--node", "node_id", kText, true},
    {"--reason", "reason"},
}};

void done(Printer& print, const json::object& reply, const json::object&) {
  print.success(text_of(reply, "message"));
  print.field("node", text_of(reply, "nodeId"));
}

void invited(Printer& print, const json::object& reply, const json::object&) {
  const std::string token = text_of(reply, "invite_token");
  print.success(text_of(reply, "message"));
  print.field("tier", text_of(reply, "tier"));
  print.field("node", text_of(reply, "nodeId"));
  print.field("expires", local_time(int_of(reply, "expiresAt")));
  print.field("token", token);
  print.line("  openclaw ansible join --token " + token);
}

void ticket_shown(Printer& print, const json::object& reply, const json::object&) {
  print.success(text_of(reply, "message"));
  print.field("node", text_of(reply, "nodeId"));
  print.field("expires", local_time(int_of(reply, "expiresAt")));
  print.field("ticket", text_of(reply, "ticket"));
}

void revoked(Printer& print, const json::object& reply, const json::object&) {
  print.success(text_of(reply, "message"));
  print.field("disabled agents", joined(array_in(reply, "disabledAgents")));
  if (bool_of(reply, "coordinatorCleared")) {
    print.warning("it was the coordinator; nominate another node with ansible_set_coordination");
  }
}

constexpr ToolVerb kVerbs[] = {
    {.path = "ansible bootstrap",
     .tool = "ansible_bootstrap_node",
     .flags = {},
     .render = done,
     .actor_arg = "from_agent"},
    {.path = "ansible invite",
     .tool = "ansible_invite_node",
     .flags = kInvite,
     .render = invited,
     .actor_arg = "from_agent"},
    {.path = "ansible join",
     .tool = "ansible_join_node",
     .flags = kJoin,
     .render = done,
     .actor_arg = "from_agent",
     .own_token = true},
    {.path = "ansible ws-ticket",
     .tool = "ansible_mint_ws_ticket",
     .flags = kTicket,
     .render = ticket_shown,
     .actor_arg = "from_agent",
     .own_token = true},
    {.path = "ansible revoke",
     .tool = "ansible_revoke_node",
     .flags = kRevoke,
     .render = revoked,
     .actor_arg = "from_agent"},
};

}  // namespace

std::span<const ToolVerb> node_verbs() { return kVerbs; }

}  // namespace gateway_app
