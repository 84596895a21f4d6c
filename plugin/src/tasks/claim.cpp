// ansible_claim_task: an agent takes a pending task and says until when (reference 2.4; T-7, T-8, T-13, T-15).
#include <algorithm>
#include <utility>

#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/text.hpp"
#include "records/coordination.hpp"
#include "tasks/approval.hpp"
#include "tasks/notices.hpp"
#include "tasks/route.hpp"
#include "tasks/task_call.hpp"
#include "tasks/task_store.hpp"
#include "tasks/task_verbs.hpp"

namespace ansible {
namespace {

constexpr std::int64_t kLongestEtaSeconds = 1'209'600;  // 14 days

std::optional<Error> refuse_non_assignee(const TaskCall& call) {
  const Task& task = call.task;
  if (task.assignees.empty() || task.assigned_to(call.actor.id)) return std::nullopt;
  return Error{code::kNotAssignee,
               "task " + std::string(short_id(task.id)) + " is assigned to " +
                   listed(task.assignees) + "; '" + call.actor.id + "' cannot claim it",
               {{"assignees", to_array(task.assignees)}}};
}

// T-15: a task that failed retryably rests before its next try.
std::optional<Error> refuse_before_retry(Context& context, const Task& task,
                                         const Backpressure& policy) {
  const auto not_before = int_field(task.retry, "notBeforeAt");
  if (!not_before || context.now_ms >= *not_before) return std::nullopt;
  json::object numbers = to_json(policy);
  numbers["notBeforeAt"] = *not_before;
  return overloaded("task " + std::string(short_id(task.id)) +
                        " failed and rests until its retry at " + iso_time(*not_before),
                    *not_before - context.now_ms, std::move(numbers));
}

// T-8: from the agent's counter.
std::optional<Error> refuse_beyond_limit(Context& context, const Actor& actor,
                                         const Backpressure& policy) {
  const std::int64_t active = agent_load(context.txn, actor.id).held;
  if (active < policy.max_concurrent) return std::nullopt;
  return overloaded("'" + actor.id + "' holds " + std::to_string(active) + " tasks and may hold " +
                        std::to_string(policy.max_concurrent) +
                        "; complete or release one before claiming another",
                    kRetryAfterMs,
                    {{"maxConcurrent", policy.max_concurrent}, {"activeClaims", active}});
}

// When the claimer promises to be done: etaAt, else etaSeconds, else the task's own default; nothing when the task asks
// for no answer.
Result<std::optional<std::int64_t>> promised_eta(Context& context, const Args& args,
                                                 const Task& task) {
  if (const auto text = args.text("etaAt")) {
    const auto at = parse_iso_time(trimmed(*text));
    if (at && *at > context.now_ms) return at;
    return Error{code::kEtaInvalid,
                 "etaAt: expected an ISO date-time in the future (now " + iso_time(context.now_ms) +
                     "), got " + brief(json::value(*text)),
                 {{"pointer", "/etaAt"}}};
  }
  if (const auto seconds = args.integer("etaSeconds")) {
    if (*seconds >= 1 && *seconds <= kLongestEtaSeconds) {
      return std::optional{context.now_ms + *seconds * 1000};
    }
    return Error{code::kEtaInvalid,
                 "etaSeconds: expected 1 to " + std::to_string(kLongestEtaSeconds) + ", got " +
                     std::to_string(*seconds),
                 {{"pointer", "/etaSeconds"}}};
  }
  if (task.default_eta_seconds > 0) {
    return std::optional{context.now_ms + task.default_eta_seconds * 1000};
  }
  if (!task.response_required) return std::optional<std::int64_t>{};
  return Error{code::kEtaRequired, "a claim needs an ETA: pass etaSeconds (1 to " +
                                       std::to_string(kLongestEtaSeconds) +
                                       ") or etaAt (ISO, in the future)"};
}

Error version_incompatible(const std::string& text, json::object details = {}) {
  return {code::kVersionIncompatible, "requested_version: " + text, std::move(details)};
}

// What the claimer and the contract agree on (reference 2.4); empty when the claimer asks for no version.
Result<json::object> negotiated(const Args& args, const Task& task) {
  const auto requested = args.text("requested_version");
  if (!requested) return json::object{};
  const std::string which = "task " + std::string(short_id(task.id));
  if (task.contracts.empty()) {
    return version_incompatible(
        which + " has no capability contract to negotiate a version of; leave it out");
  }
  if (task.contracts.size() > 1) {
    return version_incompatible(
        which + " has " + std::to_string(task.contracts.size()) +
        " capability contracts, and a version is negotiated of one; leave it out");
  }
  const Contract& contract = task.contracts.front();
  json::object agreed{{"capabilityId", contract.capability_id},
                      {"requestedVersion", *requested},
                      {"resolvedVersion", contract.version},
                      {"compatibilityMode", contract.compatibility_mode}};
  if (contract.compatibility_mode != "strict" || trimmed(*requested) == contract.version) {
    return agreed;
  }
  return version_incompatible("expected " + contract.version + " of " + contract.capability_id +
                                  " (strict), got " + brief(json::value(*requested)) +
                                  "; claim with the contract's version",
                              std::move(agreed));
}

// T-8: who was not chosen by name must still offer what the task requires.
std::optional<Error> refuse_unqualified(Context& context, const TaskCall& call) {
  const Task& task = call.task;
  if (task.routing_mode == "explicit" && !task.assignees.empty()) return std::nullopt;
  std::vector<std::string> missing;
  for (const auto* list : {&task.requires_, &task.required_skills}) {
    for (const std::string& name : *list) {
      const bool listed_already = std::find(missing.begin(), missing.end(), name) != missing.end();
      if (!listed_already && !meets(context.txn, task, name, call.actor.id))
        missing.push_back(name);
    }
  }
  if (missing.empty()) return std::nullopt;
  return Error{code::kCapabilityUnavailable,
               "task " + std::string(short_id(task.id)) + " requires " + listed(missing) +
                   ", which '" + call.actor.id +
                   "' does not offer (any more); publish or advertise it, or let the creator "
                   "delegate anew",
               {{"missing", to_array(missing)}}};
}

std::optional<Error> refuse_claim(Context& context, const TaskCall& call) {
  if (auto refusal = refuse_non_assignee(call)) return refusal;
  if (auto refusal = refuse_rejected(call.task)) return refusal;
  if (auto refusal = refuse_transition(call.task, Action::kClaim)) return refusal;
  if (auto refusal = refuse_unqualified(context, call)) return refusal;
  const Backpressure policy = backpressure(load_coordination(context.txn));
  if (auto refusal = refuse_before_retry(context, call.task, policy)) return refusal;
  return refuse_beyond_limit(context, call.actor, policy);
}

// What a claimer promises.
struct Promise {
  std::optional<std::string> eta_at;
  std::optional<std::string> plan;
  json::object version;  // empty: none was asked for
};

Task claimed(Context& context, const TaskCall& call, const Promise& promise) {
  Task task = call.task;
  task.claimed_by_agent = call.actor.id;
  task.claimed_by_node = context.node_id();
  task.claimed_at = context.now_ms;
  if (task.claim_lease_seconds > 0) {
    task.lease_expires_at = context.now_ms + task.claim_lease_seconds * 1000;
  }
  task.ack = {{"state", "accepted"},
              {"required", task.response_required},
              {"requireEta", task.response_required},
              {"acceptedAt", context.now_ms},
              {"acceptedByAgentId", call.actor.id},
              {"acceptedByNodeId", context.node_id()}};
  set_field(task.ack, "etaAt", promise.eta_at);
  set_field(task.ack, "planSummary", promise.plan);
  if (!promise.version.empty()) task.ack["versionNegotiation"] = promise.version;
  task.retry.erase("notBeforeAt");
  return task;
}

json::object claim_reply(Context& context, const Task& task,
                         const std::optional<std::string>& notice) {
  const auto eta = text_field(task.ack, "etaAt");
  json::object accepted{{"byAgentId", *task.claimed_by_agent},
                        {"byNodeId", context.node_id()},
                        {"approvalRequired", approval_required(task)},
                        {"approvalSatisfied", approval_satisfied(task)}};
  set_field(accepted, "etaAt", eta);
  set_field(accepted, "planSummary", text_field(task.ack, "planSummary"));
  const json::object version = object_field(task.ack, "versionNegotiation");
  if (!version.empty()) accepted["versionNegotiation"] = version;
  json::object shown = brief_task(task);
  shown["description"] = task.description;
  set_field(shown, "context", task.context);
  set_field(shown, "intent", task.intent);
  json::object reply{
      {"success", true},
      {"message", "claimed task " + named_task(task) + (eta ? " until " + *eta : "")},
      {"notifyMessageId", id_or_null(notice)},
      {"accepted", std::move(accepted)},
      {"task", std::move(shown)}};
  set_field(reply, "leaseExpiresAt", task.lease_expires_at);
  return reply;
}

}  // namespace

ToolResult claim_task(Context& context, const Args& args) {
  auto call = open_call(context, args, {"claim", Action::kClaim});
  if (!call.ok()) return std::move(call.error());
  if (call->replay) return std::move(*call->replay);
  if (auto refusal = refuse_claim(context, *call)) return std::move(*refusal);
  const auto eta = promised_eta(context, args, call->task);
  if (!eta.ok()) return eta.error();
  auto version = negotiated(args, call->task);
  if (!version.ok()) return std::move(version.error());
  if (auto refusal = refuse_unapproved(call->task, call->actor)) return std::move(*refusal);

  Promise promise{.eta_at = {}, .plan = args.text("planSummary"), .version = std::move(*version)};
  if (*eta) promise.eta_at = iso_time(**eta);
  Task task = claimed(context, *call, promise);
  json::object details;
  set_field(details, "etaAt", promise.eta_at);
  set_field(details, "planSummary", promise.plan);
  carry_out(context, call->task, task,
            {.action = Action::kClaim,
             .by_agent = call->actor.id,
             .reason = "claimed",
             .details = std::move(details)});
  const auto notice = notify_creator(context, task,
                                     {.intent = "task_accept",
                                      .from_agent = call->actor.id,
                                      .eta_at = promise.eta_at,
                                      .plan = promise.plan});
  return finish_call(context, *call, claim_reply(context, task, notice));
}

}  // namespace ansible
