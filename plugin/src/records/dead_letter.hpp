// What could not be delivered, or was never read: kept to be seen and replayed (MSG-2, MSG-4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace ansible {

namespace json = base::json;

struct DeadLetter {
  std::string id{};  // "dl-<16 digits of ms>-<8 hex>", so in the order of time
  std::int64_t at = 0;
  std::string kind;                 // "message" | "task"
  std::string subject;              // its id
  std::vector<std::string> agents;  // whom it did not reach
  std::string reason;  // "delivery_attempts_exceeded" | "refused_by_target" | "unread_expired"
  std::int64_t attempts = 0;
  std::optional<std::string> last_error{};
  json::object message{};  // the document, when it left the inboxes with this ("unread_expired")
};

json::object to_json(const DeadLetter& letter);
DeadLetter dead_letter_from_json(const json::object& from);

}  // namespace ansible
