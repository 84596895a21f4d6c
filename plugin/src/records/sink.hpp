// Where an agent's messages and tasks are delivered to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace ansible {

namespace json = base::json;

struct AgentSink {
  std::string agent;
  std::optional<std::string>
      url;           // of a webhook; nothing: the agent fetches (GET /agents/{id}/inbox)
  std::string node;  // the gateway that delivers
  std::int64_t registered_at = 0;
  std::string registered_by;

  bool pushed() const { return url.has_value(); }
};

// Also what people see: the webhook's secret is no part of it (WHO-8).
json::object to_json(const AgentSink& sink);
AgentSink sink_from_json(std::string_view agent, const json::object& from);

}  // namespace ansible
