// Whom skills are distributed to, and how an admin clears distribution tasks away (reference 4.7).
#include <array>
#include <functional>
#include <optional>
#include <utility>

#include "actors/actor.hpp"
#include "actors/agent_store.hpp"
#include "capabilities/distribution.hpp"
#include "capabilities/distribution_tasks.hpp"
#include "core/fields.hpp"
#include "core/text.hpp"
#include "records/coordination.hpp"
#include "tasks/task_store.hpp"
#include "tools/acting.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr std::string_view kOpen = "distribution-open/";
constexpr std::size_t kPage = 100;
constexpr std::size_t kMostListed = 1'000;
constexpr std::int64_t kCleanupLimit = 500;
constexpr std::int64_t kDrainLimit = 5'000;

constexpr Param kFrom = acting_agent("from_agent");
constexpr Param kDryRun = {.name = "dry_run",
                           .type = kBoolean,
                           .description = "Show what would be done and change nothing"};
constexpr std::array<std::string_view, 2> kModes = {"all", "strict"};

constexpr std::array<Param, 3> kPolicyParams = {{
    {.name = "external_mode",
     .type = kString,
     .description = "all: external agents get skills; strict: only those that opted in",
     .required = true,
     .one_of = kModes},
    kFrom,
    kAgentToken,
}};

constexpr std::array<Param, 4> kOptInParams = {{
    {.name = "agent_id",
     .type = kString,
     .description = "An external agent",
     .required = true,
     .max_length = 100},
    {.name = "opt_in",
     .type = kBoolean,
     .description = "Whether it gets skills under mode strict",
     .required = true},
    kFrom,
    kAgentToken,
}};

constexpr std::array<Param, 4> kCleanupParams = {{
    kDryRun,
    {.name = "limit",
     .type = kInteger,
     .description = "Unfinished distribution tasks to look at (500)",
     .min = 1,
     .max = 5'000},
    kFrom,
    kAgentToken,
}};

constexpr std::array<Param, 5> kDrainParams = {{
    kDryRun,
    {.name = "limit",
     .type = kInteger,
     .description = "Unfinished distribution tasks to end (5000)",
     .min = 1,
     .max = 20'000},
    {.name = "reason",
     .type = kString,
     .description = "A word for the failure code (operator_drain)",
     .max_length = 120},
    kFrom,
    kAgentToken,
}};

ToolResult set_policy(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "setting the distribution policy");
  if (!actor.ok()) return actor.error();
  Coordination coordination = load_coordination(context.txn);
  const std::string previous = coordination.distribution_external_mode.value_or("all");
  const std::string mode = args.text_or("external_mode", "");
  coordination.distribution_external_mode = mode;
  coordination.updated_at = context.now_ms;
  coordination.updated_by = actor->id;
  save_coordination(context.txn, coordination);
  return json::object{
      {"success", true},
      {"externalMode", mode},
      {"previousExternalMode", previous},
      {"message", mode == "strict" ? "External agents get skills only when they opted in"
                                   : "All external agents get skills"}};
}

ToolResult set_opt_in(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "opting an agent in or out");
  if (!actor.ok()) return actor.error();
  const std::string id = args.text_or("agent_id", "");
  auto agent = load_agent(context.txn, id);
  if (!agent) {
    return Error{code::kNotFound,
                 "agent '" + id + "' is not registered; ansible_list_agents shows who is"};
  }
  if (agent->internal) {
    return Error{code::kInvalidArgument,
                 "agent_id: expected an external agent, got '" + id +
                     "', which is internal and gets skills anyway",
                 {{"pointer", "/agent_id"}, {"expected", "external agent"}, {"got", "internal"}}};
  }
  const bool opt_in = args.flag("opt_in");
  const bool changed = agent->distribution_opt_in != opt_in;
  if (changed) {
    agent->distribution_opt_in = opt_in;
    agent->distribution_opt_in_updated_at = context.now_ms;
    agent->distribution_opt_in_updated_by = actor->id;
    save_agent(context.txn, *agent);
  }
  return json::object{{"success", true},
                      {"changed", changed},
                      {"agent_id", id},
                      {"distributionOptIn", opt_in},
                      {"message", "Agent '" + id + "' has opted " + (opt_in ? "in" : "out")}};
}

// A walk over the unfinished distribution tasks, in bounded steps; its continuation.
struct Walk {
  std::string cursor;  // key of the last one looked at
  std::int64_t scanned = 0;
  std::int64_t findings = 0;
  std::int64_t updated = 0;
  json::array items;
};

Walk walk_from(std::string_view continuation) {
  if (continuation.empty()) return {};
  json::object from = parse_document("continuation", continuation);
  return {.cursor = text_field(from, "cursor").value_or(""),
          .scanned = int_field(from, "scanned").value_or(0),
          .findings = int_field(from, "findings").value_or(0),
          .updated = int_field(from, "updated").value_or(0),
          .items = from.at("items").as_array()};
}

json::object to_json(const Walk& walk) {
  return {{"scanned", walk.scanned},
          {"findings", walk.findings},
          {"updated", walk.updated},
          {"items", walk.items}};
}

// What is to be done about a task: nothing, or an end to it.
struct Finding {
  std::string reason;  // as listed
  std::string failure_code;
  std::string_view failure_class;
  std::string_view note;
};
using Judge = std::function<std::optional<Finding>(const Task& task)>;

void handle(Context& context, const Task& task, const Finding& finding, std::string_view by,
            bool dry_run, Walk& walk) {
  ++walk.findings;
  if (walk.items.size() < kMostListed) {
    walk.items.push_back({{"taskId", task.id},
                          {"title", task.title},
                          {"assignedTo", task.assignees.empty() ? "" : task.assignees.front()},
                          {"status", to_text(task.status)},
                          {"reason", finding.reason},
                          {"failureCode", finding.failure_code}});
  }
  if (dry_run) return;
  call_off(context, task,
           {.by = by,
            .reason = finding.failure_code,
            .failure_class = finding.failure_class,
            .note = finding.note});
  ++walk.updated;
}

ToolResult walk_open(Context& context, const Args& args, std::int64_t default_limit,
                     std::string_view by, const Judge& judge) {
  const std::int64_t limit = args.integer("limit").value_or(default_limit);
  const bool dry_run = args.flag("dry_run");
  Walk walk = walk_from(context.continuation);
  for (bool more = true; more && walk.scanned < limit;) {
    const std::string first = walk.cursor.empty() ? std::string(kOpen) : walk.cursor + '\0';
    const Rows rows = collect(context.txn, first, prefix_end(kOpen), {.limit = kPage});
    more = rows.size() == kPage;
    for (const auto& [at, priority] : rows) {
      if (walk.scanned == limit) break;
      walk.cursor = at;
      ++walk.scanned;
      const auto task = load_task_at(context.txn, "task/" + at.substr(at.rfind('/') + 1));
      if (!task) continue;
      if (const auto finding = judge(*task)) handle(context, *task, *finding, by, dry_run, walk);
      if (!context.txn.should_yield()) continue;
      json::object continuation = to_json(walk);
      continuation["cursor"] = walk.cursor;
      return More{json::canonical(continuation)};
    }
  }
  json::object reply = to_json(walk);
  reply["success"] = true;
  reply["dryRun"] = dry_run;
  if (walk.findings > static_cast<std::int64_t>(walk.items.size())) reply["itemsTruncated"] = true;
  return reply;
}

std::string_view class_of(std::string_view issue) {
  if (issue == "external_not_opted_in") return "policy_blocked";
  return issue == "gateway_not_authorized" ? "authz_denied" : "invalid_target";
}

std::string_view issue_of(Context& context, const DistributionRules& rules, const Task& task) {
  if (task.assignees.empty()) return "missing_assignee";
  const auto agent = load_agent(context.txn, task.assignees.front());
  return agent ? distribution_issue(rules, *agent) : "assignee_not_registered";
}

ToolResult cleanup(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "cleaning up distribution tasks");
  if (!actor.ok()) return actor.error();
  const DistributionRules rules = distribution_rules(context);
  return walk_open(context, args, kCleanupLimit, actor->id,
                   [&](const Task& task) -> std::optional<Finding> {
                     const std::string_view issue = issue_of(context, rules, task);
                     if (issue.empty()) return std::nullopt;
                     return Finding{.reason = std::string(issue),
                                    .failure_code = "distribution_cleanup:" + std::string(issue),
                                    .failure_class = class_of(issue),
                                    .note = "its assignee cannot be a target any more"};
                   });
}

std::string sanitised(std::string_view reason) {
  std::string out;
  for (const char c : reason) {
    const bool kept = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '_' || c == ':' || c == '-';
    out += kept ? c : '_';
  }
  return out.empty() ? "operator_drain" : out;
}

ToolResult drain(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "draining distribution tasks");
  if (!actor.ok()) return actor.error();
  const std::string reason = sanitised(trimmed(args.text_or("reason", "")));
  const Finding finding{.reason = reason,
                        .failure_code = "distribution_drain:" + reason,
                        .failure_class = "failed_terminal",
                        .note = "an admin has drained the distribution tasks"};
  ToolResult result = walk_open(context, args, kDrainLimit, actor->id,
                                [&](const Task&) { return std::optional{finding}; });
  if (auto* reply = std::get_if<json::object>(&result)) {
    (*reply)["failureCode"] = finding.failure_code;
  }
  return result;
}

constexpr std::array<Tool, 4> kTools = {{
    {.name = "ansible_set_distribution_policy",
     .description = "Choose which external agents get the skills of capabilities (admin)",
     .params = kPolicyParams,
     .handler = set_policy},
    {.name = "ansible_set_agent_distribution_opt_in",
     .description = "Let an external agent have skills under mode strict, or not (admin)",
     .params = kOptInParams,
     .handler = set_opt_in},
    {.name = "ansible_cleanup_distribution_tasks",
     .description = "Fail unfinished distribution tasks whose assignee cannot be a target (admin)",
     .params = kCleanupParams,
     .handler = cleanup,
     .dry_run_arg = "/dry_run"},
    {.name = "ansible_drain_distribution_tasks",
     .description = "Fail all unfinished distribution tasks (admin)",
     .params = kDrainParams,
     .handler = drain,
     .dry_run_arg = "/dry_run"},
}};

}  // namespace

std::span<const Tool> distribution_tools() { return kTools; }

}  // namespace ansible
