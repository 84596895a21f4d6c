#include "canary/recorded_snapshot.hpp"

namespace gateway {

StoreResult<std::vector<Versioned>> RecordedSnapshot::get(std::span<const std::string_view> keys) {
  std::vector<Versioned> rows(keys.size());
  std::vector<std::string_view> missing;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (const auto known = log_.points().find(keys[i]); known != log_.points().end()) {
      rows[i].value = known->second;
    } else {
      missing.push_back(keys[i]);
      places.push_back(i);
    }
  }
  if (missing.empty()) return rows;
  auto found = source_.get(missing);
  if (!found) return std::move(found).error();
  for (std::size_t i = 0; i < places.size(); ++i) rows[places[i]].value = std::move((*found)[i]);
  return rows;
}

const ReadLog::Scan* RecordedSnapshot::recorded(const Range& range) const {
  const ReadLog::Scan* best = nullptr;
  for (const ReadLog::Scan& scan : log_.scans()) {
    if (scan.first != range.first || scan.last != range.last || scan.reverse != range.reverse) {
      continue;
    }
    if (best == nullptr || scan.complete || scan.rows.size() > best->rows.size()) best = &scan;
  }
  return best;
}

StoreResult<void> RecordedSnapshot::scan(const Range& range, const RowVisitor& visit) {
  std::string bound;
  Range rest = range;
  if (const ReadLog::Scan* known = recorded(range)) {
    for (const auto& [key, value] : known->rows) {
      if (!visit(key, value, 0)) return {};
    }
    if (known->complete) return {};
    if (!known->rows.empty()) rest = rest_of(range, known->rows.back().first, bound);
  }
  for (;;) {
    auto page = source_.scan(rest);
    if (!page) return std::move(page).error();
    for (const auto& [key, value] : page->rows) {
      if (!visit(key, value, 0)) return {};
    }
    if (page->complete || page->rows.empty()) return {};
    rest = rest_of(range, page->rows.back().first, bound);
  }
}

Range rest_of(const Range& range, std::string_view key, std::string& bound) {
  bound = key;
  if (range.reverse) return {range.first, bound, true};
  bound += '\0';  // the first key after it
  return {bound, range.last, false};
}

}  // namespace gateway
