// The append-only record of what happened to a task (T-1, T-17).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/context.hpp"
#include "records/task.hpp"

namespace ansible {

// Kinds are the timeline's: created, ack_accepted, approved, claimed, status_update, completed,
// failed, and released, requeued, rejected, cancelled.
struct AuditRecord {
  std::int64_t at = 0;
  std::string kind;
  std::optional<std::string> by_agent;
  std::optional<std::string> by_node;
  std::optional<std::string> status;
  std::optional<std::string> note;
  json::object metadata;
};

json::object to_json(const AuditRecord& record);

// As the log and its archive show it: with taskId, seq, and its time as text.
json::object shown_audit(const AuditRecord& record, const std::string& task_id, std::uint64_t seq);

// Appends to the task's log and advances task.audit_seq; the caller writes the task afterwards.
void append_audit(Context& context, Task& task, AuditRecord record);

// Writes record number `seq` of a task as it is, with its entry by time. For imports; append_audit() is the usual way.
void write_audit(Transaction& txn, std::string_view task_id, std::uint64_t seq,
                 const AuditRecord& record);

// The number after the last record that is kept of this task, which may be gone itself.
std::uint64_t next_audit_number(Transaction& txn, std::string_view task_id);

// The record at `audit_key` ("audit/<task>/<seq>").
std::optional<AuditRecord> load_audit(Transaction& txn, std::string_view audit_key);

// The newest `limit` records of a task, oldest first.
std::vector<AuditRecord> audit_of(Transaction& txn, std::string_view task_id,
                                  std::size_t limit = 2000);

}  // namespace ansible
