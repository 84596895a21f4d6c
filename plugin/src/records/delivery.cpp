#include "records/delivery.hpp"

#include "core/fields.hpp"

namespace ansible {

json::object shown(const DeliveryRecord& record) {
  json::object out{{"state", record.state}, {"at", record.at}, {"by", record.by}};
  if (record.attempts > 0) out["attempts"] = record.attempts;
  set_field(out, "lastError", record.last_error);
  return out;
}

json::object to_json(const DeliveryRecord& record) {
  json::object out = shown(record);
  set_field(out, "waiting", record.waiting);
  if (record.given_up) out["givenUp"] = true;
  return out;
}

DeliveryRecord delivery_from_json(const json::object& from) {
  DeliveryRecord record;
  record.state = text_field(from, "state").value_or("");
  record.at = int_field(from, "at").value_or(0);
  record.by = text_field(from, "by").value_or("");
  record.attempts = int_field(from, "attempts").value_or(0);
  record.last_error = text_field(from, "lastError");
  record.waiting = text_field(from, "waiting");
  record.given_up = bool_field(from, "givenUp").value_or(false);
  return record;
}

}  // namespace ansible
