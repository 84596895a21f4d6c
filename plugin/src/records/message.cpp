#include "records/message.hpp"

#include <algorithm>
#include <array>

#include "core/fields.hpp"

namespace ansible {

json::object to_json(const Message& m) {
  json::object out{{"id", m.id}, {"from_agent", m.from_agent}};
  set_field(out, "from_node", m.from_node);
  set_field(out, "intent", m.intent);
  set_field(out, "to_agents", m.to_agents);
  out["content"] = m.content;
  out["timestamp"] = m.timestamp;
  if (!m.metadata.empty()) out["metadata"] = m.metadata;
  return out;
}

Message message_from_json(const json::object& from) {
  Message m;
  m.id = text_field(from, "id").value_or("");
  m.from_agent = text_field(from, "from_agent").value_or("");
  m.from_node = text_field(from, "from_node");
  m.intent = text_field(from, "intent");
  m.to_agents = texts_field(from, "to_agents");
  m.content = text_field(from, "content").value_or("");
  m.timestamp = int_field(from, "timestamp").value_or(0);
  m.metadata = object_field(from, "metadata");
  return m;
}

bool counts_as_unread(const Message& message) {
  static constexpr std::array<std::string_view, 11> kQuiet = {"send_receipt",
                                                              "skill-advertised",
                                                              "capability_published",
                                                              "capability_unpublished",
                                                              "capability_publish_gate_failed",
                                                              "capability_publish_rollback",
                                                              "capability_owner_failover",
                                                              "task_high_risk_approved",
                                                              "task_high_risk_rejected",
                                                              "gateway_admin_updated",
                                                              "backpressure_policy_updated"};
  return !message.intent ||
         std::find(kQuiet.begin(), kQuiet.end(), *message.intent) == kQuiet.end();
}

}  // namespace ansible
