// How the delivery of a record to one target went (reference 1.5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/json.hpp"

namespace ansible {

namespace json = base::json;

// Stored beside the record, so that a delivery does not rewrite the document.
struct DeliveryRecord {
  std::string state;  // "attempted" | "delivered"; empty: it waits and was never tried
  std::int64_t at = 0;
  std::string by;  // the target
  std::int64_t attempts = 0;
  std::optional<std::string> last_error;
  std::optional<std::string> waiting;  // its delivery id while it is queued; never shown
  bool given_up = false;               // its attempts are over; never shown
};

json::object to_json(const DeliveryRecord& record);
DeliveryRecord delivery_from_json(const json::object& from);

// As people see it: {state, at, by, attempts?, lastError?}.
json::object shown(const DeliveryRecord& record);

}  // namespace ansible
