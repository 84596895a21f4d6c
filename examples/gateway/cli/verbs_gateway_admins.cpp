// openclaw ansible admin list|set|seed
#include <array>

#include "cli/json_text.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

using enum FlagType;

constexpr std::array<Flag, 2> kSet = {{
    {"--gateway", "gateway_id", kText, true},
    {"--agent", "admin_agent_id", kText, true},
}};
constexpr std::array<Flag, 2> kSeed = {{
    {"--agent", "admin_agent_id"},
    {"--dry-run", "dry_run", kSwitch},
}};

std::string row(const json::object& admin) {
  return "  " + text_of(admin, "gatewayId") + " \u2192 " + text_of(admin, "adminAgentId");
}

void listed(Printer& print, const json::object& reply, const json::object&) {
  const json::array admins = array_in(reply, "admins");
  if (admins.empty()) {
    print.line("No explicit gateway admin; " + text_of(reply, "myId") + " has '" +
               text_of(reply, "effectiveAdminAgentId") + "'");
    return;
  }
  print.heading("Gateway Admins (" + std::to_string(admins.size()) + ")");
  for (const json::value& admin : admins) {
    if (admin.is_object()) print.line(row(admin.get_object()));
  }
}

void set(Printer& print, const json::object& reply, const json::object&) {
  print.success(text_of(reply, "message"));
  print.field("before", text_of(reply, "previousAdminAgentId"));
}

void seeded(Printer& print, const json::object& reply, const json::object&) {
  print.success(std::string(bool_of(reply, "dryRun") ? "Seed dry run: " : "") + "candidates=" +
                text_of(reply, "candidateCount") + " seeded=" + text_of(reply, "seededCount") +
                " skipped=" + std::to_string(array_in(reply, "skipped").size()));
  for (const json::value& admin : array_in(reply, "seeded")) {
    if (admin.is_object()) print.line(row(admin.get_object()));
  }
}

constexpr ToolVerb kVerbs[] = {
    {.path = "ansible admin list",
     .tool = "ansible_list_gateway_admins",
     .flags = {},
     .render = listed,
     .actor_arg = "from_agent"},
    {.path = "ansible admin set",
     .tool = "ansible_set_gateway_admin",
     .flags = kSet,
     .render = set,
     .actor_arg = "from_agent"},
    {.path = "ansible admin seed",
     .tool = "ansible_seed_gateway_admins",
     .flags = kSeed,
     .render = seeded,
     .actor_arg = "from_agent"},
};

}  // namespace

std::span<const ToolVerb> gateway_admin_verbs() { return kVerbs; }

}  // namespace gateway_app
