#include <algorithm>

#include "capabilities/health.hpp"
#include "core/fields.hpp"
#include "core/text.hpp"
#include "dispatch/inbox_stream.hpp"
#include "import/import.hpp"
#include "sla/sla_book.hpp"
#include "tasks/audit_log.hpp"
#include "tasks/task_store.hpp"
#include "tasks/transitions.hpp"

namespace ansible {
namespace {

std::vector<std::string> assignees(const json::object& from) {
  std::vector<std::string> out = texts_field(from, "assignedTo_agents");
  if (out.empty()) {
    if (auto one = text_field(from, "assignedTo_agent"); one && !one->empty()) out.push_back(*one);
  }
  return each_once(out);
}

// The record of the dump in the form in which it is stored here: metadata.ansible beside the caller's metadata.
Task converted(const std::string& id, const json::object& from, const json::object& block) {
  json::object stored = from;
  json::object metadata = object_field(from, "metadata");
  metadata.erase("ansible");
  stored["id"] = id;
  stored["metadata"] = std::move(metadata);
  stored["assignees"] = to_array(assignees(from));
  json::object ansible = block;
  if (ansible.empty()) ansible["responseRequired"] = false;
  stored["ansible"] = std::move(ansible);
  stored.erase("auditSeq");
  return task_from_json(stored);
}

// Tasks that carry a skill to its targets wait outside the queues (CAP-14). The dump does not say of which version.
void recognise_distribution(Task& task) {
  if (task.intent != "skill_distribution" || task.distribution) return;
  const auto capability = text_field(task.metadata, "capabilityId");
  const json::object skill = object_field(task.metadata, "delegationSkillRef");
  const auto version = text_field(skill, "version");
  if (!capability || capability->empty()) return;
  task.distribution = Distributed{*capability, version && !version->empty() ? *version : "unknown"};
}

// What a record may not say together.
void put_right(Task& task, Imported& outcome) {
  if (task.status == TaskStatus::kPending) {
    task.claimed_by_agent.reset();
    task.claimed_by_node.reset();
    task.claimed_at.reset();
    if (task.ack.empty()) task.ack = open_ack(task.response_required);
  }
  if (held(task.status) && !task.claimed_by_agent) {
    outcome.notes.emplace_back("nobody holds it although it is " +
                               std::string(to_text(task.status)) + ": release or cancel it");
  }
  if (!terminal(task.status)) task.completed_at.reset();
  task.lease_expires_at.reset();
}

// Leaves out the numbers that no tool takes: times are computed from them.
class Bounds {
 public:
  void seconds(std::int64_t& value, std::string_view name) {
    if (value >= 0 && value <= kLongestSeconds) return;
    value = 0;
    left_.emplace_back(name);
  }

  void window(std::optional<std::int64_t>& value, std::string_view name) {
    if (!value || (*value >= 1 && *value <= kLongestWindow)) return;
    value.reset();
    left_.emplace_back(name);
  }

  void windows(SlaSeconds& sla, const std::string& of) {
    window(sla.accept, of + ".accept");
    window(sla.progress, of + ".progress");
    window(sla.complete, of + ".complete");
  }

  void time(std::optional<std::int64_t>& value, std::string_view name) {
    if (!value || (*value > 0 && plausible_time(*value))) return;
    value.reset();
    left_.emplace_back(name);
  }

  const std::vector<std::string>& left() const { return left_; }

 private:
  static constexpr std::int64_t kLongestSeconds = 1'209'600;  // of an ETA, of a lease
  static constexpr std::int64_t kLongestWindow = 604'800;
  std::vector<std::string> left_;
};

void keep_in_bounds(Task& task, Imported& outcome) {
  Bounds bounds;
  bounds.seconds(task.default_eta_seconds, "defaultEtaSeconds");
  bounds.seconds(task.claim_lease_seconds, "claimLeaseSeconds");
  bounds.time(task.deadline_at, "deadlineAt");
  bounds.windows(task.sla_seconds, "slaSeconds");
  for (Contract& contract : task.contracts) {
    bounds.seconds(contract.default_eta_seconds, contract.capability_id + ".defaultEtaSeconds");
    bounds.windows(contract.sla, contract.capability_id + ".sla");
  }
  if (bounds.left().empty()) return;
  outcome.notes.emplace_back("left behind, because no tool takes such values: " +
                             listed(bounds.left()));
}

std::string why_not(const Task& task, const json::object& from) {
  const std::string status = text_field(from, "status").value_or("");
  if (!task_status(status)) return "its status '" + status + "' is unknown";
  for (const std::int64_t at : {task.created_at, task.updated_at, task.claimed_at.value_or(0),
                                task.completed_at.value_or(0)}) {
    if (!plausible_time(at)) return "a time in it is none";
  }
  for (const TaskUpdate& update : task.updates) {
    if (!plausible_time(update.at)) return "a time in its updates is none";
  }
  std::vector<std::string> agents = task.assignees;
  if (task.claimed_by_agent) agents.push_back(*task.claimed_by_agent);
  for (const std::string& agent : agents) {
    if (const std::string why = why_unusable(agent); !why.empty())
      return "of '" + agent + "': " + why;
  }
  return {};
}

std::string_view kind_of(std::string_view status) {
  if (status == "claimed") return "claimed";
  if (status == "completed") return "completed";
  if (status == "failed") return "failed";
  return status == "pending" ? "released" : "status_update";
}

// The log as far as the record tells it: its creation and its list of updates, oldest first, at their times.
void write_history(Transaction& txn, Task& task) {
  const json::object reason{{"reason", "imported"}};
  task.audit_seq =
      next_audit_number(txn, task.id);  // a log is not written over, even of a task that was pruned
  std::int64_t at = task.created_at;
  const auto add = [&](AuditRecord record) {
    at = std::max(at, record.at);  // a log does not go back in time
    record.at = at;
    record.metadata = reason;
    write_audit(txn, task.id, task.audit_seq++, record);
  };
  add({.at = task.created_at,
       .kind = "created",
       .by_agent = task.created_by_agent,
       .by_node = task.created_by_node,
       .status = "pending",
       .note = std::nullopt,
       .metadata = {}});
  std::vector<TaskUpdate> updates = task.updates;
  std::reverse(updates.begin(), updates.end());
  for (const TaskUpdate& update : updates) {
    add({.at = update.at,
         .kind = std::string(kind_of(update.status)),
         .by_agent = update.by_agent,
         .by_node = std::nullopt,
         .status = update.status,
         .note = update.note,
         .metadata = {}});
  }
}

// A deadline of 0 counts as absent. What the budget held back there is never told any more (SLA-10): here it would wait.
SlaRecord sla_of(const json::object& block) {
  SlaRecord record = sla_from_json(object_field(block, "sla"));
  for (const Window window : kWindows) {
    WindowState& state = record[window];
    const std::int64_t due = state.due_at.value_or(0);
    if (due <= 0 || !plausible_time(due)) state.due_at.reset();
    if (state.outcome && state.outcome->waiting()) state.outcome->resolved_before_notice = true;
  }
  return record;
}

}  // namespace

Imported import_task(Context& context, const std::string& id, const json::object& from) {
  if (const std::string why = why_unusable(id); !why.empty()) return Imported::skipped(why);
  if (load_task(context.txn, id)) return Imported::unchanged();
  const json::object block = object_field(object_field(from, "metadata"), "ansible");
  Task task = converted(id, from, block);
  if (std::string why = why_not(task, from); !why.empty()) return Imported::skipped(std::move(why));
  Imported outcome;
  note_odd_id(id, outcome);
  recognise_distribution(task);
  put_right(task, outcome);
  keep_in_bounds(task, outcome);
  write_history(context.txn, task);
  insert_task(context.txn, task);
  sla_imported(context, task, sla_of(block));
  if (!terminal(task.status))
    count_created(context, task);  // finished ones would count as in flight
  if (task.status == TaskStatus::kPending) offer_task(context, task);
  return outcome;
}

}  // namespace ansible
