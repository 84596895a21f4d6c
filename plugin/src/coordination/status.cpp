#include "coordination/status.hpp"

#include "actors/actor.hpp"
#include "coordination/context_store.hpp"
#include "coordination/delegation_policy.hpp"
#include "coordination/preference.hpp"
#include "coordination/pulse.hpp"
#include "coordination/skills.hpp"
#include "core/build_info.hpp"
#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/keys.hpp"
#include "messages/message_store.hpp"
#include "records/coordination.hpp"
#include "sla/sla_status.hpp"
#include "tasks/retention_sweep.hpp"
#include "tasks/task_list.hpp"
#include "tasks/task_store.hpp"

namespace ansible {
namespace {

constexpr std::size_t kShownTasks = 50;

json::array nodes_view(Context& context, std::int64_t stale_after_seconds) {
  json::array nodes;
  for (const Pulse& pulse : all_pulses(context.txn)) {
    const std::string_view shown = presence(pulse, context.now_ms, stale_after_seconds);
    json::object node{{"id", pulse.node}, {"status", shown}};
    if (pulse.last_seen > 0) {
      node["lastSeen"] = iso_time(pulse.last_seen);
      node["ageSeconds"] = (context.now_ms - pulse.last_seen) / 1000;
    }
    if (shown == "stale") node["stale"] = true;
    node["reachable"] = reachable(context, pulse);
    const std::string focus = load_context(context.txn, pulse.node).current_focus;
    if (!focus.empty()) node["currentFocus"] = focus;
    node["skills"] = to_array(skills_of(context.txn, pulse.node));
    nodes.push_back(std::move(node));
  }
  return nodes;
}

json::array pending_view(Context& context) {
  json::array tasks;
  const TaskFilter pending{
      .id_prefix = {}, .title_contains = {}, .status = TaskStatus::kPending, .assigned_to = {}};
  for (const Task& task : list_tasks(context.txn, pending, kShownTasks).tasks) {
    tasks.push_back({{"id", short_id(task.id)},
                     {"title", task.title},
                     {"assignedTo", task.assignees.empty() ? "anyone" : task.assignees.front()},
                     {"assignedToAll", to_array(task.assignees)}});
  }
  return tasks;
}

// Every node's preference, and this one's by itself.
void add_preferences(Context& context, json::object& out) {
  json::object all;
  out["myPreference"] = nullptr;
  for (const auto& [node, preference] : all_preferences(context.txn)) {
    all[node] = to_json(preference);
    if (node == context.node_id()) out["myPreference"] = to_json(preference);
  }
  out["preferences"] = std::move(all);
}

}  // namespace

json::object status_view(Context& context, std::string_view agent,
                         std::int64_t stale_after_seconds) {
  const TaskCounts counts = task_counts(context.txn);
  json::object by_status;
  for (const auto& [status, count] : counts.by_status) by_status[status] = count;
  const auto pending = counts.by_status.find("pending");
  return {{"myId", context.node_id()},
          {"nodes", nodes_view(context, stale_after_seconds)},
          {"pendingTasks", pending_view(context)},
          {"pendingTotal", pending == counts.by_status.end() ? 0 : pending->second},
          {"tasksByStatus", std::move(by_status)},
          {"unreadMessages", unread_count(context.txn, agent)},
          {"staleAfterSeconds", stale_after_seconds},
          {"sla", sla_status_json(context)},
          {"plugin", {{"version", plugin_version()}, {"buildId", plugin_build_id()}}}};
}

json::object coordination_view(Context& context) {
  const Coordination coordination = load_coordination(context.txn);
  json::object out = to_json(coordination);
  const Backpressure bounds = backpressure(coordination);
  out["myId"] = context.node_id();
  out["effectiveAdminAgentId"] = effective_admin(context);
  out["distributionExternalMode"] = coordination.distribution_external_mode.value_or("all");
  out["backpressure"] = to_json(bounds);
  if (!out.contains("gatewayAdmins")) out["gatewayAdmins"] = json::object{};
  const Retention kept = retention(coordination);
  out["retentionClosedTaskSeconds"] = kept.closed_task_seconds;
  out["retentionPruneEverySeconds"] = kept.prune_every_seconds;
  if (const auto last = last_prune(context.txn)) out["retentionLastPruneAt"] = *last;
  if (const auto policy = load_delegation_policy(context.txn)) {
    for (const auto& member : to_json(*policy)) out[member.key()] = member.value();
  }
  add_preferences(context, out);
  out["role"] = context.node.role;
  out["sweepsHere"] = context.node.sweeps;
  if (!context.node.reason.empty()) out["sweepsHereReason"] = context.node.reason;
  out["sla"] = sla_status_json(context);
  return out;
}

}  // namespace ansible
