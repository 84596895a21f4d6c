#include "tasks/transitions.hpp"

#include <stdexcept>
#include <utility>
#include <vector>

#include "capabilities/health.hpp"
#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/keys.hpp"
#include "core/text.hpp"
#include "dispatch/inbox_stream.hpp"
#include "dispatch/outbox.hpp"
#include "sla/sla_book.hpp"
#include "tasks/audit_log.hpp"
#include "tasks/task_store.hpp"

namespace ansible {
namespace {

constexpr std::size_t kMostUpdates = 50;

// What every transition by an action leaves behind: the timeline's kind and the SLA book's verb.
struct ActionRow {
  Action action;
  std::string_view word;
  std::string_view audit_kind;
  void (*tell_sla)(Context&, const Task&);
};

constexpr ActionRow kActions[] = {
    {Action::kClaim, "claim", "claimed", sla_claimed},
    {Action::kProgress, "update", "status_update", sla_progressed},
    {Action::kComplete, "complete", "completed", sla_closed},
    {Action::kFail, "fail", "failed", sla_closed},
    {Action::kRelease, "release", "released", sla_reopened},
    {Action::kExpire, "expire", "released", sla_reopened},
    {Action::kRequeue, "requeue", "requeued", sla_reopened},
    {Action::kReject, "reject", "rejected", sla_closed},
    {Action::kCancel, "cancel", "cancelled", sla_closed},
    {Action::kExhaust, "dispatch", "failed", sla_closed},
};

const ActionRow& row_of(Action action) {
  for (const ActionRow& row : kActions) {
    if (row.action == action) return row;
  }
  throw std::logic_error("an action without a row");
}

std::vector<std::string> statuses_before(Action action) {
  std::vector<std::string> out;
  for (const Transition& row : kTransitions) {
    if (row.action == action) out.emplace_back(to_text(row.from));
  }
  return out;
}

// After the transition nobody holds the task, or nobody needs to hurry any more.
void settle_claim(Task& task) {
  if (held(task.status)) return;
  task.lease_expires_at.reset();
  if (task.status != TaskStatus::kPending) return;
  task.claimed_by_agent.reset();
  task.claimed_by_node.reset();
  task.claimed_at.reset();
  task.ack = open_ack(task.response_required);
}

// The executor's own word on how the work ended, unlike a cancellation or a rejected approval.
bool by_executor(Action action) { return action == Action::kComplete || action == Action::kFail; }

// A task is on its way to its assignees only while it is pending.
void tell_outbox(Context& context, const Task& before, const Task& task) {
  if (task.status == TaskStatus::kPending) return offer_task(context, task);
  if (before.status != TaskStatus::kPending) return;
  const std::string record = key::task(task.id);
  if (task.claimed_by_agent) mark_arrived(context, record, *task.claimed_by_agent);
  withdraw_all(context.txn, record);
}

}  // namespace

std::string_view to_text(Action action) { return row_of(action).word; }

std::optional<Error> refuse_transition(const Task& task, Action action) {
  if (next_status(task.status, action)) return std::nullopt;
  const std::vector<std::string> possible = statuses_before(action);
  std::string text =
      "task " + std::string(short_id(task.id)) + " is already " + std::string(to_text(task.status));
  if (task.status == TaskStatus::kPending) {
    text = "task " + std::string(short_id(task.id)) + " is pending and nobody has claimed it";
  } else if (task.claimed_by_agent) {
    text += " (claimed by '" + *task.claimed_by_agent + "')";
  }
  text += "; " + std::string(to_text(action)) + " needs a task that is " + listed(possible);
  return Error{code::kInvalidTransition,
               std::move(text),
               {{"status", to_text(task.status)},
                {"action", to_text(action)},
                {"allowedFrom", to_array(possible)}}};
}

void carry_out(Context& context, const Task& before, Task& task, const Happening& happening) {
  const ActionRow& row = row_of(happening.action);
  const auto next = next_status(before.status, happening.action);
  if (!next) throw std::logic_error("no such transition: " + std::string(row.word));
  task.status = *next;
  task.updated_at = context.now_ms;
  settle_claim(task);
  add_update(context, task, happening.by_agent, happening.note);
  json::object metadata = happening.details;
  metadata["reason"] = happening.reason;
  append_audit(context, task,
               {.kind = std::string(row.audit_kind),
                .by_agent = happening.by_agent,
                .by_node = context.node_id(),
                .status = std::string(to_text(task.status)),
                .note = happening.note,
                .metadata = std::move(metadata)});
  update_task(context.txn, before, task);
  row.tell_sla(context, task);
  count_transition(context, before.status, task, by_executor(happening.action));
  tell_outbox(context, before, task);
}

void add_update(Context& context, Task& task, const std::string& by_agent,
                const std::optional<std::string>& note) {
  task.updates.insert(task.updates.begin(), {.at = context.now_ms,
                                             .by_agent = by_agent,
                                             .status = std::string(to_text(task.status)),
                                             .note = note});
  if (task.updates.size() > kMostUpdates) task.updates.resize(kMostUpdates);
}

json::object open_ack(bool required) {
  return {{"state", "pending"}, {"required", required}, {"requireEta", required}};
}

}  // namespace ansible
