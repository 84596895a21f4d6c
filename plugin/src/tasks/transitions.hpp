// The life of a task: which verb leads from which status to which (domain.md, "Tasks"; T-1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/context.hpp"
#include "core/error.hpp"
#include "records/task.hpp"

namespace ansible {

enum class Action : std::uint8_t {
  kClaim,
  kProgress,  // an update with status in_progress
  kComplete,
  kFail,
  kRelease,  // by the claimer or an admin
  kExpire,   // the claim lease ran out
  kRequeue,  // a retryable failure
  kReject,   // approval rejected
  kCancel,   // by the creator or an admin
  kExhaust,  // it could be delivered to none of its assignees
};

struct Transition {
  TaskStatus from;
  Action action;
  TaskStatus to;
};

inline constexpr Transition kTransitions[] = {
    {TaskStatus::kPending, Action::kClaim, TaskStatus::kClaimed},

    {TaskStatus::kClaimed, Action::kProgress, TaskStatus::kInProgress},
    {TaskStatus::kInProgress, Action::kProgress, TaskStatus::kInProgress},

    {TaskStatus::kClaimed, Action::kComplete, TaskStatus::kCompleted},
    {TaskStatus::kInProgress, Action::kComplete, TaskStatus::kCompleted},

    {TaskStatus::kClaimed, Action::kFail, TaskStatus::kFailed},
    {TaskStatus::kInProgress, Action::kFail, TaskStatus::kFailed},

    {TaskStatus::kClaimed, Action::kRelease, TaskStatus::kPending},
    {TaskStatus::kInProgress, Action::kRelease, TaskStatus::kPending},
    {TaskStatus::kClaimed, Action::kExpire, TaskStatus::kPending},
    {TaskStatus::kInProgress, Action::kExpire, TaskStatus::kPending},
    {TaskStatus::kClaimed, Action::kRequeue, TaskStatus::kPending},
    {TaskStatus::kInProgress, Action::kRequeue, TaskStatus::kPending},

    {TaskStatus::kPending, Action::kReject, TaskStatus::kFailed},
    {TaskStatus::kClaimed, Action::kReject, TaskStatus::kFailed},
    {TaskStatus::kInProgress, Action::kReject, TaskStatus::kFailed},
    {TaskStatus::kPending, Action::kCancel, TaskStatus::kFailed},
    {TaskStatus::kClaimed, Action::kCancel, TaskStatus::kFailed},
    {TaskStatus::kInProgress, Action::kCancel, TaskStatus::kFailed},
    {TaskStatus::kPending, Action::kExhaust, TaskStatus::kFailed},
};

// Where `action` leads from `from`, or nothing when the table has no such row.
constexpr std::optional<TaskStatus> next_status(TaskStatus from, Action action) {
  for (const Transition& row : kTransitions) {
    if (row.from == from && row.action == action) return row.to;
  }
  return std::nullopt;
}

// "claim", "complete" ...: as in the ledger and in texts.
std::string_view to_text(Action action);

// invalid_transition, with the task's status and those from which the action is possible; nothing
// when it is possible.
std::optional<Error> refuse_transition(const Task& task, Action action);

// What happened, for the audit record and the task's list of updates.
struct Happening {
  Action action;
  std::string by_agent;
  std::string reason;  // a word for machines: "claimed", "lease_expired", a failure class ...
  std::optional<std::string> note = {};  // for people
  json::object details = {};             // further members of the audit record's metadata
};

// Carries out a transition: sets the status that the table says, appends one audit record and an
// entry to `updates`, writes the task with indexes and counters, and tells the SLA book, the health of its
// capabilities and the outbox. A return
// to pending also clears claimer, claim lease and acknowledgement. `task` holds the verb's other
// changes already; `before` is the task as stored. A transition that the table lacks is a bug
// (std::logic_error): ask refuse_transition() first.
void carry_out(Context& context, const Task& before, Task& task, const Happening& happening);

// Puts an entry at the head of the task's `updates`; the oldest beyond 50 goes.
void add_update(Context& context, Task& task, const std::string& by_agent,
                const std::optional<std::string>& note);

// The acknowledgement block of a task that nobody has claimed; `required`: its creator waits for an ETA and a result.
json::object open_ack(bool required);

}  // namespace ansible
