// What a step read of the state below its own writes, so that another release can be asked the same on the same state.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/engine.hpp"

namespace gateway {

// Thread rule: one thread.
class ReadLog {
 public:
  // Rows of a scan, in its order, from its beginning on; complete: to its end.
  struct Scan {
    std::string first, last;
    bool reverse = false;
    bool complete = true;
    std::vector<std::pair<std::string, std::string>> rows;
  };
  using Points = std::map<std::string, std::optional<std::string>, std::less<>>;  // none: absent

  void note(std::string_view key, const std::optional<std::string>& value);
  Scan& begin_scan(const Range& range);
  void note_row(Scan& scan, std::string_view key, std::string_view value);

  // More was read than a log should hold: it says not all.
  bool overflowed() const { return bytes_ > kMaxBytes; }
  std::uint64_t bytes() const { return bytes_; }

  const Points& points() const { return points_; }
  const std::deque<Scan>& scans() const { return scans_; }

 private:
  static constexpr std::uint64_t kMaxBytes = 8u << 20;
  Points points_;
  std::deque<Scan> scans_;  // begin_scan() hands out references
  std::uint64_t bytes_ = 0;
};

}  // namespace gateway
