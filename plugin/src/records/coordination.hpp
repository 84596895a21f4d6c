// What the mesh has agreed on (reference 1.9).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "core/transaction.hpp"

namespace ansible {

namespace json = base::json;

// Each absent member means "not set here": the configuration or the default decides.
struct Coordination {
  std::optional<std::string> coordinator;  // the nominated node; the host reads it too
  std::optional<std::int64_t> sweep_every_seconds;
  std::optional<std::int64_t> backpressure_max_concurrent;
  std::optional<std::int64_t> backpressure_max_queue_depth;
  std::optional<std::int64_t> backpressure_retry_budget;
  std::optional<std::string> distribution_external_mode;  // all | strict; absent: all
  std::optional<std::int64_t> retention_closed_task_seconds;
  std::optional<std::int64_t> retention_prune_every_seconds;
  std::optional<std::int64_t> retention_updated_at;
  std::optional<std::string> retention_updated_by;
  std::optional<bool> sla_enabled;
  std::optional<std::int64_t> sla_every_seconds;
  std::optional<bool> sla_record_only;
  std::optional<std::int64_t> sla_max_messages;
  std::optional<std::vector<std::string>> sla_fyi_agents;
  std::map<std::string, std::string> gateway_admins;  // gateway id -> agent id
  std::optional<std::int64_t> updated_at;
  std::optional<std::string> updated_by;
};

json::object to_json(const Coordination& coordination);
Coordination coordination_from_json(const json::object& from);

Coordination load_coordination(Transaction& txn);
void save_coordination(Transaction& txn, const Coordination& coordination);

// How long closed tasks are kept and how often they are pruned: coordination value, else 7 days and daily (reference 5.5).
struct Retention {
  std::int64_t closed_task_seconds;
  std::int64_t prune_every_seconds;
};
Retention retention(const Coordination& coordination);

// Coordination value, else default {6, 40, 3} (reference 2.2).
struct Backpressure {
  std::int64_t max_concurrent;
  std::int64_t max_queue_depth;
  std::int64_t retry_budget;
};
Backpressure backpressure(const Coordination& coordination);
json::object to_json(const Backpressure& backpressure);

}  // namespace ansible
