#include "records/contract.hpp"

#include <utility>

#include "core/fields.hpp"

namespace ansible {

json::object to_json(const Contract& c) {
  json::object sla;
  set_field(sla, "acceptSlaSeconds", c.sla.accept);
  set_field(sla, "progressSlaSeconds", c.sla.progress);
  set_field(sla, "completeSlaSeconds", c.sla.complete);
  return {{"capabilityId", c.capability_id},
          {"version", c.version},
          {"contractSchemaRef", c.contract_schema_ref},
          {"defaultEtaSeconds", c.default_eta_seconds},
          {"compatibilityMode", c.compatibility_mode},
          {"riskClass", c.risk_class},
          {"requiresHumanApprovalForHighRisk", c.requires_human_approval},
          {"delegationSkillRef", to_json(c.delegation_skill)},
          {"executorSkillRef", to_json(c.executor_skill)},
          {"sla", std::move(sla)}};
}

Contract contract_from_json(const json::object& from) {
  const json::object sla = object_field(from, "sla");
  return {.capability_id = text_field(from, "capabilityId").value_or(""),
          .version = text_field(from, "version").value_or(""),
          .contract_schema_ref = text_field(from, "contractSchemaRef").value_or(""),
          .default_eta_seconds = int_field(from, "defaultEtaSeconds").value_or(0),
          .compatibility_mode = text_field(from, "compatibilityMode").value_or("strict"),
          .risk_class = text_field(from, "riskClass").value_or("medium"),
          .requires_human_approval =
              bool_field(from, "requiresHumanApprovalForHighRisk").value_or(false),
          .delegation_skill = skill_ref_from_json(object_field(from, "delegationSkillRef")),
          .executor_skill = skill_ref_from_json(object_field(from, "executorSkillRef")),
          .sla = {.accept = int_field(sla, "acceptSlaSeconds"),
                  .progress = int_field(sla, "progressSlaSeconds"),
                  .complete = int_field(sla, "completeSlaSeconds")}};
}

json::object contracts_to_json(const std::vector<Contract>& contracts) {
  json::array list;
  for (const Contract& contract : contracts) list.push_back(to_json(contract));
  return {{"capabilities", std::move(list)}};
}

std::vector<Contract> contracts_from_json(const json::object& from) {
  std::vector<Contract> out;
  const json::value* list = from.if_contains("capabilities");
  if (list == nullptr || !list->is_array()) return out;
  for (const json::value& item : list->get_array()) {
    if (item.is_object()) out.push_back(contract_from_json(item.get_object()));
  }
  return out;
}

}  // namespace ansible
