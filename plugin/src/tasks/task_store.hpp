// Tasks in the store: the document, its indexes and counters, always in step.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/context.hpp"
#include "core/error.hpp"
#include "records/task.hpp"

namespace ansible {

std::optional<Task> load_task(Transaction& txn, std::string_view id);

// The same by the document's key ("task/" and the last part of an index entry, as it stands there).
std::optional<Task> load_task_at(Transaction& txn, std::string_view task_key);

// Finds a task by id or unambiguous prefix (ARG-4, reference 2.1).
// Errors: invalid_argument (empty), not_found, ambiguous_id (details.matches: at most 8 ids).
Result<Task> find_task_by_id(Transaction& txn, std::string_view id_or_prefix);

// Writes a new task with its indexes and counters.
void insert_task(Transaction& txn, const Task& task);

// Replaces `before` by `after` (same id): moves index entries and counters with status, claimer and
// update time.
void update_task(Transaction& txn, const Task& before, const Task& after);

// Removes a finished task with its SLA record, indexes and counters. Its audit records and ledger entries have lives of
// their own.
void remove_task(Transaction& txn, const Task& task);

// Counters of all stored tasks.
struct TaskCounts {
  std::int64_t total = 0;
  std::map<std::string, std::int64_t> by_status;
};
TaskCounts task_counts(Transaction& txn);

// Counters of one agent: its queue (pending tasks assigned to it, but for distribution tasks), the tasks it holds
// (claimed or in progress), and all tasks assigned to it per status.
struct AgentLoad {
  std::int64_t pending = 0;
  std::int64_t held = 0;
  std::map<std::string, std::int64_t> assigned;
};
AgentLoad agent_load(Transaction& txn, std::string_view agent);

// The task as users see it: the stored document in the reference's shape, metadata.ansible merged
// in, with the SLA record under metadata.ansible.sla, without internal members.
json::object shown_task(Transaction& txn, const Task& task);

}  // namespace ansible
