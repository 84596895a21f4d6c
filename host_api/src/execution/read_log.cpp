#include "execution/read_log.hpp"

namespace gateway {

void ReadLog::note(std::string_view key, const std::optional<std::string>& value) {
  bytes_ += key.size() + (value ? value->size() : 0);
  if (!overflowed()) points_.try_emplace(std::string(key), value);
}

ReadLog::Scan& ReadLog::begin_scan(const Range& range) {
  bytes_ += range.first.size() + range.last.size();
  Scan& scan = scans_.emplace_back();
  scan.first = range.first;
  scan.last = range.last;
  scan.reverse = range.reverse;
  return scan;
}

void ReadLog::note_row(Scan& scan, std::string_view key, std::string_view value) {
  bytes_ += key.size() + value.size();
  if (!overflowed()) scan.rows.emplace_back(key, value);
}

}  // namespace gateway
