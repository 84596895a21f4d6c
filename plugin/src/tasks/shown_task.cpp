#include "core/fields.hpp"
#include "sla/sla_book.hpp"
#include "tasks/task_store.hpp"

namespace ansible {
namespace {

// metadata.ansible of reference 1.4. Capability contracts do not exist yet, so their members are
// empty.
json::object shown_block(Transaction& txn, const Task& task, const json::object& stored) {
  json::object out = object_field(stored, "ansible");
  out["responseRequired"] = true;
  out["requiredCapabilities"] = json::array{};
  out["requiredSkills"] = json::array{};
  out["defaultEtaSeconds"] = task.default_eta_seconds;
  out["contract"] = json::object{{"capabilities", json::array{}}};
  json::object routing{{"executorSkills", json::array{}}, {"delegationSkills", json::array{}}};
  set_field(routing, "skillRequired", task.skill_required);
  out["routing"] = std::move(routing);
  if (const auto sla = load_sla(txn, task.id); sla && !sla->empty()) out["sla"] = to_json(*sla);
  return out;
}

}  // namespace

json::object shown_task(Transaction& txn, const Task& task) {
  json::object out = to_json(task);
  json::object metadata = task.metadata;
  metadata["ansible"] = shown_block(txn, task, out);
  out["metadata"] = std::move(metadata);
  out.erase("ansible");
  out.erase("auditSeq");
  out.erase("assignees");
  if (!task.assignees.empty()) out["assignedTo_agent"] = task.assignees.front();
  if (task.assignees.size() > 1) out["assignedTo_agents"] = to_array(task.assignees);
  return out;
}

}  // namespace ansible
