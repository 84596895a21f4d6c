#include "records/dead_letter.hpp"

#include "core/fields.hpp"

namespace ansible {

json::object to_json(const DeadLetter& letter) {
  json::object out{{"id", letter.id},
                   {"at", letter.at},
                   {"kind", letter.kind},
                   {"subject", letter.subject},
                   {"agents", to_array(letter.agents)},
                   {"reason", letter.reason}};
  if (letter.attempts > 0) out["attempts"] = letter.attempts;
  set_field(out, "lastError", letter.last_error);
  if (!letter.message.empty()) out["message"] = letter.message;
  return out;
}

DeadLetter dead_letter_from_json(const json::object& from) {
  DeadLetter letter;
  letter.id = text_field(from, "id").value_or("");
  letter.at = int_field(from, "at").value_or(0);
  letter.kind = text_field(from, "kind").value_or("message");
  letter.subject = text_field(from, "subject").value_or("");
  letter.agents = texts_field(from, "agents");
  letter.reason = text_field(from, "reason").value_or("");
  letter.attempts = int_field(from, "attempts").value_or(0);
  letter.last_error = text_field(from, "lastError");
  letter.message = object_field(from, "message");
  return letter;
}

}  // namespace ansible
