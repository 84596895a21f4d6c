// openclaw ansible sla sweep, sla policy show|set|reset
#include <algorithm>
#include <array>

#include "cli/json_text.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

using enum FlagType;

constexpr std::size_t kShownBreaches = 20;

constexpr std::array<Flag, 6> kSweep = {{
    {"--dry-run", "dry_run", kSwitch},
    {"--record-only", "record_only", kSwitch},
    {"--no-record-only", "record_only", kSwitchOff, false, nullptr,
     "Record breaches and notify, whatever the policy says"},
    {"--limit", "limit", kInteger},
    {"--max-messages", "max_messages", kInteger},
    {"--fyi", "fyi_agents", kTexts},
}};

constexpr std::array<Flag, 5> kSet = {{
    {"--enabled", "enabled", kTrueFalse},
    {"--every", "every_seconds", kInteger},
    {"--record-only", "record_only", kTrueFalse},
    {"--max-messages", "max_messages", kInteger},
    {"--fyi", "fyi_agents", kTexts},
}};

// No key: all of them.
constexpr std::array<Flag, 1> kReset = {{{"KEY", "reset", kTexts, false, ""}}};

void swept(Printer& print, const json::object& reply, const json::object&) {
  print.success(std::string(bool_of(reply, "dryRun") ? "SLA sweep dry run" : "SLA sweep") +
                " complete (scanned=" + std::to_string(int_of(reply, "scanned")) +
                ", breaches=" + std::to_string(int_of(reply, "breachCount")) + ")");
  print.line("  messages=" + std::to_string(int_of(reply, "escalationsWritten")) +
             " heldBack=" + std::to_string(int_of(reply, "heldBack")) +
             " heldBackNotified=" + std::to_string(int_of(reply, "heldBackNotified")));
  const json::array breaches = array_in(reply, "breaches");
  for (std::size_t i = 0; i < std::min(breaches.size(), kShownBreaches); ++i) {
    if (!breaches[i].is_object()) continue;
    const json::object& b = breaches[i].get_object();
    print.line("- [" + text_of(b, "breachType") + "] " + text_of(b, "taskId").substr(0, 8) + " " +
               text_of(b, "title") + " (status=" + text_of(b, "status") + ")");
  }
  if (breaches.size() > kShownBreaches) {
    print.line("  ... " + std::to_string(breaches.size() - kShownBreaches) + " more");
  }
}

void policy_set(Printer& print, const json::object& reply, const json::object&) {
  print.success("SLA policy");
  show_sla_policy(print, reply);
}

void policy_shown(Printer& print, const json::object& reply, const json::object&) {
  print.heading("SLA policy");
  show_sla_policy(print, object_in(reply, "sla"));
}

constexpr ToolVerb kVerbs[] = {
    {.path = "ansible sla sweep",
     .tool = "ansible_sla_sweep",
     .flags = kSweep,
     .render = swept,
     .actor_arg = "from_agent"},
    {.path = "ansible sla policy show",
     .tool = "ansible_status",
     .flags = {},
     .render = policy_shown,
     .actor_arg = "from_agent",
     .help = "Show the policy, where each value comes from, and the last sweep"},
    {.path = "ansible sla policy set",
     .tool = "ansible_set_sla_policy",
     .flags = kSet,
     .render = policy_set,
     .actor_arg = "from_agent"},
    {.path = "ansible sla policy reset",
     .tool = "ansible_set_sla_policy",
     .flags = kReset,
     .render = policy_set,
     .actor_arg = "from_agent",
     .help = "Go back to the configured or default values (of these keys, or of all)"},
};

}  // namespace

void show_sla_policy(Printer& print, const json::object& sla) {
  const json::object policy = object_in(sla, "policy");
  std::vector<std::vector<std::string>> rows;
  for (const auto& member : policy) {
    if (!member.value().is_object()) continue;
    const json::object& value = member.value().get_object();
    rows.push_back({"  " + std::string(member.key()), text_of(value, "value"),
                    "(" + text_of(value, "source") + ")"});
  }
  print.table(rows);
  print.field("held back", text_of(sla, "heldBack"));
  const json::object last = object_in(sla, "lastSweep");
  if (!last.empty()) {
    print.field("last sweep", local_time(int_of(last, "at")) + ", " + text_of(last, "reason") +
                                  ", breaches=" + text_of(last, "breachCount") +
                                  ", messages=" + text_of(last, "escalationsWritten"));
  }
  if (sla.contains("sweeps")) {
    print.field("this node sweeps",
                bool_of(sla, "sweeps") ? "yes" : "no: " + text_of(sla, "reason"));
  }
  print.field("turn notifications on", text_of(sla, "enableCommand"));
}

std::span<const ToolVerb> sla_verbs() { return kVerbs; }

}  // namespace gateway_app
