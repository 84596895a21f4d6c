// openclaw ansible retention, delegation, coordination, context, skills
#include <array>

#include "cli/json_text.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

using enum FlagType;

constexpr std::array<Flag, 2> kRetention = {{
    {"--closed-days", "closedTaskRetentionDays", kInteger},
    {"--every-hours", "pruneEveryHours", kInteger},
}};
constexpr std::array<Flag, 4> kPolicy = {{
    {"--file", "policyMarkdown", kFile, true},
    {"--version", "version", kText, true},
    {"--checksum", "checksum"},
    {"--notify", "notifyAgents", kTexts},
}};
constexpr std::array<Flag, 2> kAck = {{{"--version", "version"}, {"--checksum", "checksum"}}};
constexpr std::array<Flag, 3> kNominate = {{
    {"--coordinator", "coordinator", kText, true},
    {"--every", "sweepEverySeconds", kInteger},
    {"--confirm-last-resort", "confirmLastResort", kSwitch},
}};
constexpr std::array<Flag, 2> kPrefer = {{
    {"--coordinator", "desiredCoordinator"},
    {"--every", "desiredSweepEverySeconds", kInteger},
}};
constexpr std::array<Flag, 4> kContext = {{
    {"--focus", "currentFocus"},
    {"--thread", "addThread.summary"},
    {"--decision", "addDecision.decision"},
    {"--reasoning", "addDecision.reasoning"},
}};
constexpr std::array<Flag, 1> kSkills = {{{"SKILL", "skills", kTexts, true}}};
constexpr std::array<Flag, 5> kRequest = {{
    {"--skill", "skillName", kText, true},
    {"--to", "assignedTo", kText, true},
    {"--spec", "spec", kText, true},
    {"--title", "title"},
    {"--idempotency-key", "idempotency_key"},
}};

void told(Printer& print, const json::object& reply, const json::object&) {
  if (!bool_of(reply, "idempotent")) print.success(text_of(reply, "message", "Done"));
  print.field("note", text_of(reply, "note"));
}

void policy_set(Printer& print, const json::object& reply, const json::object&) {
  print.success(text_of(reply, "message"));
  print.field("version", text_of(reply, "version"));
  print.field("checksum", text_of(reply, "checksum"));
  print.field("told", joined(array_in(reply, "notified")));
}

void policy_shown(Printer& print, const json::object& reply, const json::object&) {
  print.heading("Delegation policy");
  if (!bool_of(reply, "published")) {
    print.line("  none is published: openclaw ansible delegation set --file FILE --version V");
    return;
  }
  print.field("version", text_of(reply, "version"));
  print.field("checksum", text_of(reply, "checksum"));
  print.field("published", local_time(int_of(reply, "delegationPolicyUpdatedAt")) + " by " +
                               text_of(reply, "delegationPolicyUpdatedBy"));
  const json::array acks = array_in(reply, "acks");
  print.line("Acknowledged by " + std::to_string(acks.size()) + ":");
  std::vector<std::vector<std::string>> rows;
  for (const json::value& item : acks) {
    if (!item.is_object()) continue;
    const json::object& ack = item.get_object();
    rows.push_back({"  " + text_of(ack, "agentId"), text_of(ack, "version"),
                    bool_of(ack, "current") ? "current" : "outdated",
                    local_time(int_of(ack, "at"))});
  }
  print.table(rows);
}

void coordination_shown(Printer& print, const json::object& reply, const json::object&) {
  print.heading("Coordination");
  print.field("coordinator", text_of(reply, "coordinator", "none nominated"));
  print.field("this node sweeps",
              bool_of(reply, "sweepsHere") ? "yes" : "no: " + text_of(reply, "sweepsHereReason"));
  for (const auto& member : object_in(reply, "preferences")) {
    if (!member.value().is_object()) continue;
    const json::object& wish = member.value().get_object();
    print.field("preference of " + std::string(member.key()),
                text_of(wish, "desiredCoordinator", "any coordinator") + ", every " +
                    text_of(wish, "desiredSweepEverySeconds", "-") + " s");
  }
}

void context_shown(Printer& print, const json::object& reply, const json::object&) {
  const std::string text = text_of(reply, "prependContext");
  print.line(text.empty() ? "Nothing for '" + text_of(reply, "agent") + "'" : text);
}

constexpr ToolVerb kVerbs[] = {
    {.path = "ansible retention set",
     .tool = "ansible_set_retention",
     .flags = kRetention,
     .render = told,
     .actor_arg = "from_agent"},
    {.path = "ansible delegation show",
     .tool = "ansible_get_delegation_policy",
     .flags = {},
     .render = policy_shown,
     .actor_arg = "from_agent"},
    {.path = "ansible delegation set",
     .tool = "ansible_set_delegation_policy",
     .flags = kPolicy,
     .render = policy_set,
     .actor_arg = "from_agent"},
    {.path = "ansible delegation ack",
     .tool = "ansible_ack_delegation_policy",
     .flags = kAck,
     .render = told,
     .actor_arg = "from_agent"},
    {.path = "ansible coordination show",
     .tool = "ansible_get_coordination",
     .flags = {},
     .render = coordination_shown,
     .actor_arg = "from_agent"},
    {.path = "ansible coordination set",
     .tool = "ansible_set_coordination",
     .flags = kNominate,
     .render = told,
     .actor_arg = "from_agent"},
    {.path = "ansible coordination prefer",
     .tool = "ansible_set_coordination_preference",
     .flags = kPrefer,
     .render = told,
     .actor_arg = "from_agent"},
    {.path = "ansible context show",
     .tool = "ansible_context_block",
     .flags = {},
     .render = context_shown,
     .actor_arg = "agent"},
    {.path = "ansible context update",
     .tool = "ansible_update_context",
     .flags = kContext,
     .render = told,
     .actor_arg = "from_agent"},
    {.path = "ansible skills advertise",
     .tool = "ansible_advertise_skills",
     .flags = kSkills,
     .render = told,
     .actor_arg = "from_agent"},
    {.path = "ansible skills request",
     .tool = "ansible_create_skill_task",
     .flags = kRequest,
     .render = told,
     .actor_arg = "from_agent"},
};

}  // namespace

std::span<const ToolVerb> coordination_verbs() { return kVerbs; }

}  // namespace gateway_app
