// The plugin's keys, parsed, kept in step with the store at the cost of what changed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "gateway/engine.hpp"

namespace property {

namespace json = base::json;

struct Row {
  std::string text;
  json::value document;  // null when the value is not JSON
  std::uint64_t version = 0;
};

// One key that a step changed.
struct Change {
  std::string key;
  Row before;  // version 0: it was absent
  Row after;   // version 0: it is gone
};

class Mirror {
 public:
  // Reads the newest state; what is different from the state before.
  std::vector<Change> refresh(gateway::Engine& engine);

  using Rows = std::map<std::string, Row, std::less<>>;
  const Rows& rows() const { return rows_; }
  const Row* find(std::string_view key) const;

  // Visits the rows whose key begins with `prefix`.
  template <class Visit>
  void each(std::string_view prefix, Visit visit) const {
    for (auto at = rows_.lower_bound(prefix); at != rows_.end() && at->first.starts_with(prefix);
         ++at) {
      visit(at->first, at->second);
    }
  }

 private:
  Rows rows_;
};

}  // namespace property
