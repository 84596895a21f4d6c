// The SLA windows of a task over its life: stamped, moved, closed. Keeps the record and the due
// index in step.
#pragma once

#include <optional>
#include <string_view>

#include "core/context.hpp"
#include "records/sla.hpp"
#include "records/task.hpp"

namespace ansible {

std::optional<SlaRecord> load_sla(Transaction& txn, std::string_view task_id);

// Writes the record alone: for changes that concern no deadline.
void save_sla(Transaction& txn, std::string_view task_id, const SlaRecord& record);

// Accept applies while pending; progress and complete while claimed or in progress.
bool window_applies(Window window, TaskStatus status);

// The book of one task in one call. Each verb below reads the record once, changes it, and writes
// record and index.
//
// A window is in the due index (`due/<ms>/<task>/<window>`) exactly while it exists, applies to the
// task's status and has not been escalated. A breach that waits for its notice when its window ends
// or moves leaves the waiting index in the same call, with resolvedBeforeNotice (SLA-9).

// At creation (and when a task returns to pending): stamps accept (SLA-1).
void sla_opened(Context& context, const Task& task);

// At claim: accept no longer applies; stamps progress and complete (SLA-1).
void sla_claimed(Context& context, const Task& task);

// At a progress update: moves and re-arms the progress window (SLA-2).
void sla_progressed(Context& context, const Task& task);

// At release or requeue: progress and complete no longer apply; accept is stamped anew.
void sla_reopened(Context& context, const Task& task);

// At completion or failure: nothing applies any more. The record stays.
void sla_closed(Context& context, const Task& task);

// At import: takes the record as it is, and indexes those of its windows that apply to the task's status.
void sla_imported(Context& context, const Task& task, const SlaRecord& record);

}  // namespace ansible
