// The task tools: names, arguments and words for agents. The handlers stand in one file each.
#include "tasks/failure.hpp"
#include "tasks/task_verbs.hpp"
#include "tools/acting.hpp"
#include "tools/request_key.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr std::size_t kTitle = 200;
constexpr std::size_t kText = 5'000;
constexpr std::size_t kNote = 200;
constexpr std::size_t kId = 200;
constexpr std::int64_t kWeekSeconds = 604'800;

constexpr std::string_view kPriorities[] = {"low", "normal", "high"};
constexpr std::string_view kUpdateStatuses[] = {"in_progress", "failed"};
constexpr std::string_view kDecisions[] = {"approved", "rejected"};
constexpr std::string_view kStatuses[] = {"pending", "claimed", "in_progress", "completed",
                                          "failed"};

constexpr Param kTaskId{.name = "taskId",
                        .type = kString,
                        .description = "Id of the task, or an unambiguous beginning of it.",
                        .required = true,
                        .max_length = kId};
constexpr Param kAgentId = acting_agent("agentId");
constexpr Param kFromAgent = acting_agent("from_agent");

constexpr Param kSlaMembers[] = {
    {.name = "acceptSlaSeconds",
     .type = kInteger,
     .description = "Seconds from creation within which the task has to be claimed.",
     .min = 1,
     .max = kWeekSeconds},
    {.name = "progressSlaSeconds",
     .type = kInteger,
     .description = "Seconds from the claim, and from each update, to the next update.",
     .min = 1,
     .max = kWeekSeconds},
    {.name = "completeSlaSeconds",
     .type = kInteger,
     .description = "Seconds from the claim within which the task has to be completed.",
     .min = 1,
     .max = kWeekSeconds},
};

constexpr Param kDelegateParams[] = {
    {.name = "title",
     .type = kString,
     .description = "What is to be done, in one line.",
     .required = true,
     .max_length = kTitle},
    {.name = "description",
     .type = kString,
     .description = "Everything the assignee needs to know.",
     .required = true,
     .max_length = kText},
    {.name = "context",
     .type = kString,
     .description = "Background of the task.",
     .max_length = kText},
    {.name = "assignedTo",
     .type = kString,
     .description = "Who shall do it: an agent id, or a node id for its first agent. Nobody else "
                    "can claim the task.",
     .max_length = kId},
    {.name = "to_agents",
     .type = kStrings,
     .description = "Several agents (with assignedTo), any of which may claim the task.",
     .max_length = kId},
    {.name = "requires",
     .type = kStrings,
     .description = "What the task needs: capabilities, else skills. Alone they find the assignee; "
                    "with an explicit one "
                    "capabilities bring their contract.",
     .max_length = kId},
    {.name = "intent",
     .type = kString,
     .description = "A word for the kind of task.",
     .max_length = 200},
    {.name = "skillRequired",
     .type = kString,
     .description =
         "A skill that whoever gets the task must advertise; recorded with an explicit assignee.",
     .max_length = 200},
    {.name = "metadata",
     .type = kObject,
     .description = "Your own data, kept as it is (at most 64 KiB; the member 'ansible' is "
                    "reserved)."},
    {.name = "priority",
     .type = kString,
     .description = "low, normal (default) or high: orders lists and dispatch.",
     .one_of = kPriorities},
    {.name = "deadlineAt",
     .type = kString,
     .description = "ISO date-time in the future by which the task has to be completed.",
     .max_length = 64},
    {.name = "sla",
     .type = kObject,
     .description = "Time limits; who misses one is reported by the SLA sweep.",
     .members = kSlaMembers},
    {.name = "claimLeaseSeconds",
     .type = kInteger,
     .description = "A claim without an update for so long returns to pending; 0 = never.",
     .min = 0,
     .max = kWeekSeconds},
    kIdempotencyKey,
    kFromAgent,
    kAgentToken,
};

constexpr Param kClaimParams[] = {
    kTaskId,
    {.name = "etaSeconds",
     .type = kInteger,
     .description = "When you will be done, in seconds from now (1 to 1209600).",
     .floored = true},
    {.name = "etaAt",
     .type = kString,
     .description = "When you will be done, as ISO date-time; wins over etaSeconds.",
     .max_length = 64},
    {.name = "planSummary",
     .type = kString,
     .description = "How you will do it; the creator is told.",
     .max_length = kText},
    {.name = "requested_version",
     .type = kString,
     .description = "Version of the capability contract you offer.",
     .max_length = 120},
    kIdempotencyKey,
    kAgentId,
    kAgentToken,
};

constexpr Param kUpdateParams[] = {
    kTaskId,
    {.name = "status",
     .type = kString,
     .description = "in_progress (also to report progress again) or failed.",
     .required = true,
     .one_of = kUpdateStatuses},
    {.name = "note",
     .type = kString,
     .description = "What happened, in a sentence.",
     .max_length = kNote},
    {.name = "notify", .type = kBoolean, .description = "Tell the creator; default false."},
    {.name = "result",
     .type = kString,
     .description = "What there is so far.",
     .max_length = kText},
    {.name = "failure_class",
     .type = kString,
     .description = "Why it failed; default execution_error.",
     .one_of = kFailureClasses},
    {.name = "failure_code",
     .type = kString,
     .description = "Your own code for the failure.",
     .max_length = 200},
    {.name = "terminal",
     .type = kBoolean,
     .description = "The failure is final and a retry useless."},
    {.name = "retryable",
     .type = kBoolean,
     .description = "Put the task back to pending for another try, as long as its budget lasts."},
    kIdempotencyKey,
    kAgentId,
    kAgentToken,
};

constexpr Param kCompleteParams[] = {
    kTaskId,
    {.name = "result",
     .type = kString,
     .description = "What came out of it; the creator is told. Needed.",
     .max_length = kText},
    kIdempotencyKey,
    kAgentId,
    kAgentToken,
};

constexpr Param kApproveParams[] = {
    kTaskId,
    {.name = "approval_artifact_id",
     .type = kString,
     .description =
         "Where the approval is on record: a ticket, a signed document. Needed to approve.",
     .max_length = 300},
    {.name = "decision",
     .type = kString,
     .description = "approved (default), or rejected: the task fails.",
     .one_of = kDecisions},
    {.name = "note", .type = kString, .description = "Why.", .max_length = kText},
    kIdempotencyKey,
    kAgentId,
    kAgentToken,
};

constexpr Param kReleaseParams[] = {
    kTaskId,
    {.name = "note",
     .type = kString,
     .description = "Why you give the task back.",
     .max_length = kNote},
    kIdempotencyKey,
    kAgentId,
    kAgentToken,
};

constexpr Param kCancelParams[] = {
    kTaskId,
    {.name = "reason",
     .type = kString,
     .description = "Why the task is called off.",
     .required = true,
     .max_length = kText},
    kIdempotencyKey,
    kAgentId,
    kAgentToken,
};

constexpr Param kFindParams[] = {
    {.name = "idPrefix",
     .type = kString,
     .description = "Tasks whose id begins so.",
     .max_length = kId},
    {.name = "titleContains",
     .type = kString,
     .description = "Tasks whose title contains this, in either case.",
     .max_length = kTitle},
    {.name = "status",
     .type = kString,
     .description = "Tasks in this status.",
     .one_of = kStatuses},
    {.name = "assignedTo",
     .type = kString,
     .description = "Tasks assigned to this agent.",
     .max_length = kId},
    {.name = "limit",
     .type = kInteger,
     .description = "How many to show: 1 to 50, default 10.",
     .min = 1,
     .max = 50,
     .clamped = true},
    kAgentId,
    kAgentToken,
};

constexpr Param kTimelineParams[] = {kTaskId, kAgentId, kAgentToken};

constexpr Param kDumpParams[] = {
    {.name = "status",
     .type = kString,
     .description = "Tasks in this status.",
     .one_of = kStatuses},
    {.name = "assignedTo",
     .type = kString,
     .description = "Tasks assigned to this agent.",
     .max_length = kId},
    {.name = "limit",
     .type = kInteger,
     .description = "Tasks per page: 1 to 1000, default 200.",
     .min = 1,
     .max = 1'000},
    {.name = "cursor",
     .type = kString,
     .description = "nextCursor of the page before.",
     .max_length = 1'000},
    kFromAgent,
    kAgentToken,
};

constexpr Param kSkillTaskParams[] = {
    {.name = "skillName",
     .type = kString,
     .description = "The skill to be set up: at most 100 characters.",
     .required = true,
     .max_length = 100},
    {.name = "assignedTo",
     .type = kString,
     .description = "The agent that sets it up.",
     .required = true,
     .max_length = kId},
    {.name = "spec",
     .type = kString,
     .description = "What the skill must do: at most 5000 characters.",
     .required = true,
     .max_length = 5'000},
    {.name = "title",
     .type = kString,
     .description = "Title of the task, else made from the skill's name.",
     .max_length = 200},
    kIdempotencyKey,
    kFromAgent,
    kAgentToken,
};

constexpr Tool kTools[] = {
    {.name = "ansible_delegate_task",
     .description = "Hand a task to another agent. Returns its id.",
     .params = kDelegateParams,
     .handler = delegate_task},
    {.name = "ansible_claim_task",
     .description = "Take a pending task and promise when it will be done.",
     .params = kClaimParams,
     .handler = claim_task,
     .route_key = "/taskId"},
    {.name = "ansible_update_task",
     .description = "Report progress on a task you have claimed, or that it failed.",
     .params = kUpdateParams,
     .handler = progress_or_fail_task,
     .route_key = "/taskId"},
    {.name = "ansible_complete_task",
     .description = "Hand in the result of a task you have claimed.",
     .params = kCompleteParams,
     .handler = complete_task,
     .route_key = "/taskId"},
    {.name = "ansible_approve_task",
     .description =
         "Approve high-risk work, or reject it: its creator, the gateway's admin or the operator.",
     .params = kApproveParams,
     .handler = approve_task,
     .route_key = "/taskId"},
    {.name = "ansible_release_task",
     .description = "Give back a task you have claimed; it becomes pending again.",
     .params = kReleaseParams,
     .handler = release_task,
     .route_key = "/taskId"},
    {.name = "ansible_cancel_task",
     .description = "Call off a task you have created.",
     .params = kCancelParams,
     .handler = cancel_task,
     .route_key = "/taskId"},
    {.name = "ansible_find_task",
     .description = "List tasks by id, title, status or assignee; the last updated first.",
     .params = kFindParams,
     .handler = find_tasks,
     .read_only = true},
    {.name = "ansible_task_timeline",
     .description = "Show what happened to a task, step by step.",
     .params = kTimelineParams,
     .handler = task_timeline,
     .read_only = true,
     .route_key = "/taskId"},
    {.name = "ansible_dump_tasks",
     .description =
         "Show whole task records, page by page, the last created first. Needs an admin.",
     .params = kDumpParams,
     .handler = dump_tasks,
     .read_only = true},
    {.name = "ansible_create_skill_task",
     .description = "Ask an agent to set up a skill. Returns the task's id.",
     .params = kSkillTaskParams,
     .handler = create_skill_task},
};

}  // namespace

std::span<const Tool> task_tools() { return kTools; }

}  // namespace ansible
