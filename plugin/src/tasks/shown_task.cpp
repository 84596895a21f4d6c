#include <algorithm>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "dispatch/outbox.hpp"
#include "sla/sla_book.hpp"
#include "tasks/task_store.hpp"

namespace ansible {
namespace {

// Names without repetition, in the order of the contracts.
json::array skill_names(const Task& task, SkillRef Contract::*which) {
  std::vector<std::string> names;
  for (const Contract& contract : task.contracts) {
    const std::string& name = (contract.*which).name;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return to_array(names);
}

// metadata.ansible of reference 1.4.
json::object shown_block(Transaction& txn, const Task& task, const json::object& stored) {
  json::object out = object_field(stored, "ansible");
  json::array capabilities;
  for (const Contract& contract : task.contracts) capabilities.emplace_back(contract.capability_id);
  out["responseRequired"] = task.response_required;
  out["requiredCapabilities"] = std::move(capabilities);
  out["requiredSkills"] = to_array(task.required_skills);
  out["defaultEtaSeconds"] = task.default_eta_seconds;
  out["contract"] = contracts_to_json(task.contracts);
  json::object routing{{"executorSkills", skill_names(task, &Contract::executor_skill)},
                       {"delegationSkills", skill_names(task, &Contract::delegation_skill)}};
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
  if (auto delivery = shown_deliveries(txn, key::task(task.id)); !delivery.empty()) {
    out["delivery"] = std::move(delivery);
  }
  if (task.assignees.size() > 1) out["assignedTo_agents"] = to_array(task.assignees);
  return out;
}

}  // namespace ansible
