#include "coordination/preference.hpp"

#include "core/fields.hpp"
#include "core/keys.hpp"

namespace ansible {

json::object to_json(const Preference& preference) {
  json::object out;
  set_field(out, "desiredCoordinator", preference.desired_coordinator);
  set_field(out, "desiredSweepEverySeconds", preference.desired_sweep_every_seconds);
  out["updatedAt"] = preference.updated_at;
  return out;
}

Preference preference_from_json(const json::object& from) {
  return {text_field(from, "desiredCoordinator"), int_field(from, "desiredSweepEverySeconds"),
          int_field(from, "updatedAt").value_or(0)};
}

std::optional<Preference> load_preference(Transaction& txn, std::string_view node) {
  const std::string at = key::preference(node);
  const auto stored = txn.get(at);
  if (!stored) return std::nullopt;
  return preference_from_json(parse_document(at, *stored));
}

void save_preference(Transaction& txn, std::string_view node, const Preference& preference) {
  txn.put(key::preference(node), json::canonical(to_json(preference)));
}

std::map<std::string, Preference> all_preferences(Transaction& txn) {
  std::map<std::string, Preference> out;
  const std::string prefix = "preference/";
  for (const auto& [at, value] : collect(txn, prefix, prefix_end(prefix), {.limit = 10'000})) {
    out[key::last_part(at)] = preference_from_json(parse_document(at, value));
  }
  return out;
}

}  // namespace ansible
