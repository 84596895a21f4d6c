#include "coordination/pulse.hpp"

#include <algorithm>
#include <map>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "records/coordination.hpp"
#include "tasks/task_store.hpp"

namespace ansible {
namespace {

constexpr std::int64_t kPresentMs = 90'000;

bool at_its_limit(Context& context, const std::string& agent, std::int64_t limit) {
  return agent_load(context.txn, agent).held >= limit;
}

// An agent of this node would refuse another task.
bool busy(Context& context) {
  const std::int64_t limit = backpressure(load_coordination(context.txn)).max_concurrent;
  if (at_its_limit(context, context.node_id(), limit)) return true;
  const auto& agents = context.config.inject_context_agents;
  return std::any_of(agents.begin(), agents.end(),
                     [&](const std::string& agent) { return at_its_limit(context, agent, limit); });
}

}  // namespace

void write_pulse(Context& context, std::string_view status) {
  if (context.txn.get(key::node_revoked(context.node_id()))) return;
  context.txn.put(
      key::pulse(context.node_id()),
      json::canonical(json::object{
          {"lastSeen", context.now_ms}, {"status", status}, {"lastWriteAt", context.now_ms}}));
}

void note_write(Context& context) {
  if (context.txn.get(key::node_revoked(context.node_id()))) return;
  const std::string at = key::pulse(context.node_id());
  const auto stored = context.txn.get(at);
  json::object pulse = stored ? parse_document(at, *stored) : json::object{{"status", "offline"}};
  pulse["lastWriteAt"] = context.now_ms;
  context.txn.put(at, json::canonical(pulse));
}

bool reachable(const Context& context, const Pulse& pulse) {
  if (pulse.node == context.node_id()) return true;
  const bool goodbye = pulse.status == "offline" && pulse.last_write <= pulse.last_seen;
  return !goodbye && context.now_ms - pulse.last_write <= kPresentMs;
}

std::vector<Pulse> all_pulses(Transaction& txn) {
  std::map<std::string, Pulse> pulses;
  for (const std::string_view prefix : {"node/", "pulse/"}) {
    for (const auto& [key, value] : collect(txn, prefix, prefix_end(prefix), {.limit = 10'000})) {
      Pulse& pulse = pulses[key::last_part(key)];
      if (prefix == "node/") {
        pulse.status = "offline";
        continue;
      }
      const json::object stored = parse_document(key, value);
      pulse.last_seen = int_field(stored, "lastSeen").value_or(0);
      pulse.status = text_field(stored, "status").value_or("offline");
      pulse.last_write = int_field(stored, "lastWriteAt").value_or(pulse.last_seen);
    }
  }
  std::vector<Pulse> out;
  for (auto& [node, pulse] : pulses) {
    pulse.node = node;
    out.push_back(std::move(pulse));
  }
  return out;
}

std::string_view presence(const Pulse& pulse, std::int64_t now_ms,
                          std::int64_t stale_after_seconds) {
  if (pulse.status == "offline") return "offline";
  if (now_ms - pulse.last_seen > stale_after_seconds * 1000) return "stale";
  return pulse.status == "busy" ? "busy" : "online";
}

bool gateway_present(Context& context, std::string_view gateway) {
  if (gateway == context.node_id()) return true;
  const std::string at = key::pulse(gateway);
  const auto stored = context.txn.get(at);
  if (!stored) return false;
  const json::object pulse = parse_document(at, *stored);
  return text_field(pulse, "status") != "offline" &&
         context.now_ms - int_field(pulse, "lastSeen").value_or(0) <= kPresentMs;
}

ToolResult pulse_sweep(Context& context) {
  write_pulse(context, busy(context) ? "busy" : "online");
  return json::object{{"success", true}};
}

}  // namespace ansible
