#include "records/sink.hpp"

#include "core/fields.hpp"

namespace ansible {

json::object to_json(const AgentSink& sink) {
  json::object out{{"agent_id", sink.agent},
                   {"kind", sink.pushed() ? "webhook" : "stream"},
                   {"node", sink.node},
                   {"registeredAt", sink.registered_at},
                   {"registeredBy", sink.registered_by}};
  set_field(out, "url", sink.url);
  return out;
}

AgentSink sink_from_json(std::string_view agent, const json::object& from) {
  AgentSink sink;
  sink.agent = text_field(from, "agent_id").value_or(std::string(agent));
  sink.url = text_field(from, "url");
  sink.node = text_field(from, "node").value_or("");
  sink.registered_at = int_field(from, "registeredAt").value_or(0);
  sink.registered_by = text_field(from, "registeredBy").value_or("");
  return sink;
}

}  // namespace ansible
