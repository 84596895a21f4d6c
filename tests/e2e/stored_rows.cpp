#include "e2e/stored_rows.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace e2e {
namespace {

// Rows that a gateway writes by itself: the host's own begin with a zero byte; the pulse beats, locks are swept,
// closed tasks are pruned.
bool writes_itself(const std::string& key) {
  constexpr std::string_view kPlaces[] = {"pulse/", "lock-sweep/", "retention-last"};
  return key.empty() || key[0] == '\0' ||
         std::any_of(std::begin(kPlaces), std::end(kPlaces),
                     [&](std::string_view place) { return key.starts_with(place); });
}

}  // namespace

Rows stored_rows(const Installation& gw) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open_v2((gw.state_dir() + "/ansible.db").c_str(), &db, SQLITE_OPEN_READONLY,
                          nullptr) == SQLITE_OK);
  sqlite3_busy_timeout(db, 10'000);
  sqlite3_stmt* select = nullptr;
  REQUIRE(sqlite3_prepare_v2(db, "SELECT k, v FROM kv", -1, &select, nullptr) == SQLITE_OK);
  const auto column = [&](int i) {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(select, i));
    return std::string(bytes == nullptr ? "" : bytes,
                       static_cast<std::size_t>(sqlite3_column_bytes(select, i)));
  };
  Rows rows;
  int step = SQLITE_ROW;
  while ((step = sqlite3_step(select)) == SQLITE_ROW) {
    const std::string key = column(0);
    if (writes_itself(key)) continue;
    rows[key] = column(1);
  }
  sqlite3_finalize(select);
  sqlite3_close(db);
  REQUIRE(step == SQLITE_DONE);
  REQUIRE(rows.size() >= 3);  // the agents of the first start at least
  return rows;
}

std::vector<std::string> changed_keys(const Rows& before, const Rows& after) {
  std::vector<std::string> out;
  for (const auto& [key, value] : after) {
    const auto at = before.find(key);
    if (at == before.end() || at->second != value) out.push_back(key);
  }
  for (const auto& [key, value] : before) {
    if (!after.contains(key)) out.push_back(key);
  }
  return out;
}

Options quiet() {
  Options options;
  options.plugin_config = R"("slaSweep":{"enabled":false})";
  return options;
}

}  // namespace e2e
