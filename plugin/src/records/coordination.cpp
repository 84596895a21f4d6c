#include "records/coordination.hpp"

#include "core/fields.hpp"
#include "core/keys.hpp"

namespace ansible {

json::object to_json(const Coordination& c) {
  json::object out;
  set_field(out, "coordinator", c.coordinator);
  set_field(out, "sweepEverySeconds", c.sweep_every_seconds);
  set_field(out, "backpressureMaxConcurrent", c.backpressure_max_concurrent);
  set_field(out, "backpressureMaxQueueDepth", c.backpressure_max_queue_depth);
  set_field(out, "backpressureRetryBudget", c.backpressure_retry_budget);
  set_field(out, "distributionExternalMode", c.distribution_external_mode);
  set_field(out, "retentionClosedTaskSeconds", c.retention_closed_task_seconds);
  set_field(out, "retentionPruneEverySeconds", c.retention_prune_every_seconds);
  set_field(out, "retentionUpdatedAt", c.retention_updated_at);
  set_field(out, "retentionUpdatedBy", c.retention_updated_by);
  set_field(out, "slaSweepEnabled", c.sla_enabled);
  set_field(out, "slaSweepEverySeconds", c.sla_every_seconds);
  set_field(out, "slaSweepRecordOnly", c.sla_record_only);
  set_field(out, "slaSweepMaxMessagesPerSweep", c.sla_max_messages);
  if (c.sla_fyi_agents) out["slaSweepFyiAgents"] = to_array(*c.sla_fyi_agents);
  if (!c.gateway_admins.empty()) {
    json::object admins;
    for (const auto& [gateway, agent] : c.gateway_admins) admins[gateway] = agent;
    out["gatewayAdmins"] = std::move(admins);
  }
  set_field(out, "updatedAt", c.updated_at);
  set_field(out, "updatedBy", c.updated_by);
  return out;
}

Coordination coordination_from_json(const json::object& from) {
  Coordination c;
  c.coordinator = text_field(from, "coordinator");
  c.sweep_every_seconds = int_field(from, "sweepEverySeconds");
  c.backpressure_max_concurrent = int_field(from, "backpressureMaxConcurrent");
  c.backpressure_max_queue_depth = int_field(from, "backpressureMaxQueueDepth");
  c.backpressure_retry_budget = int_field(from, "backpressureRetryBudget");
  c.distribution_external_mode = text_field(from, "distributionExternalMode");
  c.retention_closed_task_seconds = int_field(from, "retentionClosedTaskSeconds");
  c.retention_prune_every_seconds = int_field(from, "retentionPruneEverySeconds");
  c.retention_updated_at = int_field(from, "retentionUpdatedAt");
  c.retention_updated_by = text_field(from, "retentionUpdatedBy");
  c.sla_enabled = bool_field(from, "slaSweepEnabled");
  c.sla_every_seconds = int_field(from, "slaSweepEverySeconds");
  c.sla_record_only = bool_field(from, "slaSweepRecordOnly");
  c.sla_max_messages = int_field(from, "slaSweepMaxMessagesPerSweep");
  if (from.contains("slaSweepFyiAgents")) {
    c.sla_fyi_agents = texts_field(from, "slaSweepFyiAgents");
  }
  for (const auto& member : object_field(from, "gatewayAdmins")) {
    if (member.value().is_string()) {
      c.gateway_admins[member.key()] = std::string(member.value().get_string());
    }
  }
  c.updated_at = int_field(from, "updatedAt");
  c.updated_by = text_field(from, "updatedBy");
  return c;
}

Coordination load_coordination(Transaction& txn) {
  const auto stored = txn.get(key::kCoordination);
  if (!stored) return {};
  return coordination_from_json(parse_document(key::kCoordination, *stored));
}

void save_coordination(Transaction& txn, const Coordination& coordination) {
  txn.put(key::kCoordination, json::canonical(to_json(coordination)));
}

Retention retention(const Coordination& c) {
  return {c.retention_closed_task_seconds.value_or(604'800),
          c.retention_prune_every_seconds.value_or(86'400)};
}

Backpressure backpressure(const Coordination& c) {
  return {c.backpressure_max_concurrent.value_or(6), c.backpressure_max_queue_depth.value_or(40),
          c.backpressure_retry_budget.value_or(3)};
}

json::object to_json(const Backpressure& b) {
  return {{"maxConcurrent", b.max_concurrent},
          {"maxQueueDepth", b.max_queue_depth},
          {"retryBudget", b.retry_budget}};
}

}  // namespace ansible
