#include "capabilities/wiring.hpp"

#include "capabilities/capability_store.hpp"
#include "core/fields.hpp"

namespace ansible {
namespace {

json::object unwired_wiring(Context& context, std::string_view capability, std::string_view version,
                            std::string_view by) {
  auto wiring = load_wiring(context.txn, capability, version);
  if (!wiring) return {{"action", "none"}, {"existed", false}};
  const bool before = wiring->active;
  if (before) {
    wiring->active = false;
    wiring->unwired_at = context.now_ms;
    wiring->unwired_by_agent_id = std::string(by);
    save_wiring(context.txn, *wiring);
  }
  return {{"action", before ? "applied" : "idempotent"},
          {"existed", true},
          {"activeBefore", before},
          {"activeAfter", false}};
}

json::object unwired_stage(Context& context, std::string_view capability, std::string_view version,
                           std::string_view by) {
  auto stage = load_stage(context.txn, capability, version);
  if (!stage) return {{"action", "none"}, {"existed", false}};
  const std::string before = stage->status;
  if (before != "unwired") {
    stage->status = "unwired";
    stage->updated_at = context.now_ms;
    stage->updated_by_agent_id = by;
    save_stage(context.txn, *stage);
  }
  return {{"action", before != "unwired" ? "applied" : "idempotent"},
          {"existed", true},
          {"statusBefore", before},
          {"statusAfter", "unwired"}};
}

}  // namespace

Applied stage_version(Context& context, const InstallStage& wanted, std::string_view by) {
  auto stage = load_stage(context.txn, wanted.capability_id, wanted.version);
  if (stage && stage->status != "unwired") return Applied::kIdempotent;
  if (!stage) {
    stage = wanted;
    stage->staged_at = context.now_ms;
    stage->staged_by_agent_id = by;
  }
  stage->status = "staged";
  stage->updated_at = context.now_ms;
  stage->updated_by_agent_id = by;
  save_stage(context.txn, *stage);
  return Applied::kApplied;
}

Applied wire_version(Context& context, const InstallStage& stage, std::string_view by) {
  const auto before = load_wiring(context.txn, stage.capability_id, stage.version);
  if (before && before->active && stage.status == "wired") return Applied::kIdempotent;
  save_wiring(context.txn, {.capability_id = stage.capability_id,
                            .version = stage.version,
                            .owner_agent_id = stage.owner_agent_id,
                            .executor_target_agent_ids = stage.executor_target_agent_ids,
                            .delegation_target_agent_ids = stage.delegation_target_agent_ids,
                            .active = true,
                            .wired_at = context.now_ms,
                            .wired_by_agent_id = std::string(by),
                            .unwired_at = std::nullopt,
                            .unwired_by_agent_id = std::nullopt});
  InstallStage wired = stage;
  wired.status = "wired";
  wired.updated_at = context.now_ms;
  wired.updated_by_agent_id = by;
  save_stage(context.txn, wired);
  return Applied::kApplied;
}

json::object unwire_version(Context& context, std::string_view capability, std::string_view version,
                            std::string_view by) {
  return {{"manifestKey", manifest_key(capability, version)},
          {"wiring", unwired_wiring(context, capability, version, by)},
          {"installStage", unwired_stage(context, capability, version, by)}};
}

bool touched(const json::object& step) {
  for (const std::string_view record : {"wiring", "installStage"}) {
    if (text_field(object_field(step, record), "action") == "applied") return true;
  }
  return false;
}

}  // namespace ansible
