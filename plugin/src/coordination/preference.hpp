// What a node would like of the mesh: advisory, decided by nobody but people (reference 7).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "core/transaction.hpp"

namespace ansible {

namespace json = base::json;

struct Preference {
  std::optional<std::string> desired_coordinator;
  std::optional<std::int64_t> desired_sweep_every_seconds;
  std::int64_t updated_at = 0;
};

json::object to_json(const Preference& preference);
Preference preference_from_json(const json::object& from);

std::optional<Preference> load_preference(Transaction& txn, std::string_view node);
void save_preference(Transaction& txn, std::string_view node, const Preference& preference);

// Of all nodes, by id.
std::map<std::string, Preference> all_preferences(Transaction& txn);

}  // namespace ansible
