#include "coordination/pulse.hpp"

#include <map>

#include "core/fields.hpp"
#include "core/keys.hpp"

namespace ansible {
namespace {

constexpr std::int64_t kPresentMs = 90'000;

}  // namespace

void write_pulse(Context& context, std::string_view status) {
  if (context.txn.get(key::node_revoked(context.node_id()))) return;
  context.txn.put(key::pulse(context.node_id()),
                  json::canonical(json::object{{"lastSeen", context.now_ms}, {"status", status}}));
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
  write_pulse(context, "online");
  return json::object{{"success", true}};
}

}  // namespace ansible
