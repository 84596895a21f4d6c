// openclaw ansible tasks delegate|claim|update|approve|complete|release|cancel
#include <array>

#include "cli/json_text.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

using enum FlagType;

constexpr Flag kKey = {"--idempotency-key", "idempotency_key"};

constexpr std::array<Flag, 15> kDelegate = {{
    {"--title", "title", kText, true},
    {"--description", "description", kText, true},
    {"--to", "to_agents", kTexts},
    {"--requires", "requires", kTexts},
    {"--skill", "skillRequired"},
    {"--context", "context"},
    {"--intent", "intent"},
    {"--sla-accept", "sla.acceptSlaSeconds", kInteger},
    {"--sla-progress", "sla.progressSlaSeconds", kInteger},
    {"--sla-complete", "sla.completeSlaSeconds", kInteger},
    {"--deadline", "deadlineAt"},
    {"--priority", "priority"},
    {"--lease", "claimLeaseSeconds", kInteger},
    {"--metadata", "metadata", kJson},
    kKey,
}};

constexpr std::array<Flag, 5> kClaim = {{
    {"--eta-at", "etaAt"},
    {"--eta-seconds", "etaSeconds", kInteger},
    {"--plan", "planSummary"},
    {"--requested-version", "requested_version"},
    kKey,
}};

constexpr std::array<Flag, 9> kUpdate = {{
    {"--status", "status", kText, true},
    {"--note", "note"},
    {"--result", "result"},
    {"--notify", "notify", kSwitch},
    {"--failure-class", "failure_class"},
    {"--failure-code", "failure_code"},
    {"--terminal", "terminal", kSwitch},
    {"--retryable", "retryable", kSwitch},
    kKey,
}};

constexpr std::array<Flag, 4> kApprove = {{
    {"--artifact", "approval_artifact_id"},
    {"--reject", "decision", kWord, false, "rejected"},
    {"--note", "note"},
    kKey,
}};

constexpr std::array<Flag, 2> kComplete = {{{"--result", "result"}, kKey}};
constexpr std::array<Flag, 2> kRelease = {{{"--note", "note"}, kKey}};
constexpr std::array<Flag, 2> kCancel = {{{"--reason", "reason", kText, true}, kKey}};

void delegated(Printer& print, const json::object& reply, const json::object&) {
  if (!bool_of(reply, "idempotent")) print.success(text_of(reply, "message", "Task delegated"));
  print.field("id", text_of(reply, "taskId"));
  print.field("assigned to", joined(array_in(reply, "assignedTo_all"), "anyone"));
}

void claimed(Printer& print, const json::object& reply, const json::object&) {
  const json::object accepted = object_in(reply, "accepted");
  const json::object task = object_in(reply, "task");
  if (!bool_of(reply, "idempotent")) print.success(text_of(reply, "message", "Task claimed"));
  print.field("title", text_of(task, "title"));
  print.field("status", text_of(task, "status"));
  print.field("by", text_of(accepted, "byAgentId"));
  print.field("ETA", text_of(accepted, "etaAt"));
  const json::object version = object_in(accepted, "versionNegotiation");
  print.field("version", text_of(version, "resolvedVersion"));
  print.field("description", text_of(task, "description"));
  const std::string id = text_of(task, "id");
  if (id.empty()) return;
  print.line("  next: openclaw ansible tasks update " + id.substr(0, 8) + " --status in_progress");
  print.line("        openclaw ansible tasks complete " + id.substr(0, 8) + " --result \"...\"");
}

void changed(Printer& print, const json::object& reply, const json::object&) {
  const json::object task = object_in(reply, "task");
  if (!bool_of(reply, "idempotent")) print.success(text_of(reply, "message", "Done"));
  print.field("title", text_of(task, "title"));
  print.field("status", text_of(reply, "status", text_of(task, "status")));
  print.field("retry at", text_of(reply, "retryAt"));
  print.field("notice", text_of(reply, "notifyMessageId"));
}

void decided(Printer& print, const json::object& reply, const json::object&) {
  const json::object approval = object_in(reply, "approval");
  const bool approved = text_of(approval, "state") == "approved";
  if (!bool_of(reply, "idempotent")) print.success(text_of(reply, "message", "Done"));
  print.field(approved ? "approver" : "rejected by",
              text_of(approval, approved ? "approvedByAgentId" : "rejectedByAgentId"));
  print.field("artifact", text_of(approval, "approvalArtifactId"));
  print.field("note", text_of(approval, "note"));
}

constexpr ToolVerb kVerbs[] = {
    {.path = "ansible tasks delegate",
     .tool = "ansible_delegate_task",
     .flags = kDelegate,
     .render = delegated,
     .actor_arg = "from_agent"},
    {.path = "ansible tasks claim",
     .tool = "ansible_claim_task",
     .flags = kClaim,
     .render = claimed,
     .positional = "taskId",
     .positional_name = "TASK",
     .actor_arg = "agentId"},
    {.path = "ansible tasks update",
     .tool = "ansible_update_task",
     .flags = kUpdate,
     .render = changed,
     .positional = "taskId",
     .positional_name = "TASK",
     .actor_arg = "agentId"},
    {.path = "ansible tasks approve",
     .tool = "ansible_approve_task",
     .flags = kApprove,
     .render = decided,
     .positional = "taskId",
     .positional_name = "TASK",
     .actor_arg = "agentId"},
    {.path = "ansible tasks complete",
     .tool = "ansible_complete_task",
     .flags = kComplete,
     .render = changed,
     .positional = "taskId",
     .positional_name = "TASK",
     .actor_arg = "agentId"},
    {.path = "ansible tasks release",
     .tool = "ansible_release_task",
     .flags = kRelease,
     .render = changed,
     .positional = "taskId",
     .positional_name = "TASK",
     .actor_arg = "agentId"},
    {.path = "ansible tasks cancel",
     .tool = "ansible_cancel_task",
     .flags = kCancel,
     .render = changed,
     .positional = "taskId",
     .positional_name = "TASK",
     .actor_arg = "agentId"},
};

}  // namespace

std::span<const ToolVerb> task_verbs() { return kVerbs; }

}  // namespace gateway_app
