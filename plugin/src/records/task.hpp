// A task and everything stored about it (reference 1.4).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "records/contract.hpp"

namespace ansible {

namespace json = base::json;

enum class TaskStatus : std::uint8_t { kPending, kClaimed, kInProgress, kCompleted, kFailed };

std::string_view to_text(TaskStatus status);
std::optional<TaskStatus> task_status(std::string_view text);
constexpr bool terminal(TaskStatus status) {
  return status == TaskStatus::kCompleted || status == TaskStatus::kFailed;
}
// Claimed or in progress: somebody holds it.
constexpr bool held(TaskStatus status) {
  return status == TaskStatus::kClaimed || status == TaskStatus::kInProgress;
}

// One entry of a task's `updates`, newest first, at most 50.
struct TaskUpdate {
  std::int64_t at = 0;
  std::string by_agent;
  std::string status;
  std::optional<std::string> note;
};

// What a distribution task brings to its assignee (CAP-14).
struct Distributed {
  std::string capability_id;
  std::string version;
};

// The document `task/<id>`. The reserved `metadata.ansible` block is typed (the members below
// `metadata`); caller metadata is kept beside it as it came. SLA state is not here but in SlaRecord, so
// that a sweep does not rewrite documents.
struct Task {
  std::string id;
  std::string title;
  std::string description;
  TaskStatus status = TaskStatus::kPending;
  std::string created_by_agent;
  std::optional<std::string> created_by_node;
  std::int64_t created_at = 0;
  std::vector<std::string> assignees;  // explicit; binds every verb (T-7). Empty: anyone
  std::vector<std::string> requires_;
  std::optional<std::string> claimed_by_agent;
  std::optional<std::string> claimed_by_node;
  std::optional<std::int64_t> claimed_at;
  std::optional<std::int64_t> completed_at;
  std::optional<std::string> result;
  std::optional<std::string> context;
  std::optional<std::string> intent;
  std::optional<std::string> skill_required;
  std::string priority = "normal";  // low | normal | high
  std::int64_t updated_at = 0;
  std::vector<TaskUpdate> updates;
  json::object metadata;  // the caller's, without "ansible"

  // metadata.ansible
  std::string routing_mode = "explicit";     // explicit | capability | skill
  bool response_required = true;             // a claim needs an ETA, a completion a result
  std::vector<Contract> contracts;           // of the required capabilities, as of creation
  std::vector<std::string> required_skills;  // the other requirements
  std::int64_t default_eta_seconds = 0;
  json::object ack;           // {state, required, requireEta, acceptedAt?, acceptedByAgentId?, ...}
  json::object approval;      // {required, state, ...} of a high-risk task; empty: needs none
  json::object failure;       // empty: none
  json::object retry;         // {retryBudget, retryableFailureCount, notBeforeAt? ...}
  json::object backpressure;  // the policy at creation; shown, never read again
  SlaSeconds sla_seconds;     // explicit windows
  std::optional<std::int64_t> deadline_at;  // ms
  std::int64_t claim_lease_seconds = 0;     // 0 = off
  std::optional<std::int64_t> lease_expires_at;
  std::optional<Distributed> distribution;  // only in distribution tasks

  std::uint64_t audit_seq = 0;  // audit records written so far

  bool assigned_to(std::string_view agent) const;

  // A pending task that failed retryably rests until then (T-15), in ms, and until the sweep `leases` has offered it anew;
  // nothing: it does not.
  std::optional<std::int64_t> rests_until() const;

  // 0 high, 1 normal, 2 low.
  int urgency() const;
  // Where it stands in lists (T-10): as urgent as it is while it is open, 1 once it is closed.
  int list_rank() const { return terminal(status) ? 1 : urgency(); }
};

// The stored form: everything above.
json::object to_json(const Task& task);
Task task_from_json(const json::object& from);

}  // namespace ansible
