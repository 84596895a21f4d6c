// A message between agents (reference 1.6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace ansible {

namespace json = base::json;

struct Message {
  std::string id;
  std::string from_agent;
  std::optional<std::string> from_node;
  std::optional<std::string> intent;
  std::vector<std::string> to_agents;  // empty: a broadcast
  std::string content;
  std::int64_t timestamp = 0;
  json::object metadata;
};

json::object to_json(const Message& message);
Message message_from_json(const json::object& from);

// Receipts and lifecycle broadcasts do not count as unread and trigger no turns (MSG-3).
bool counts_as_unread(const Message& message);

}  // namespace ansible
