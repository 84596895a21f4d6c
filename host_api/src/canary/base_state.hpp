// The state as it was when a step ran, for as long as it has not moved on.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "canary/recorded_snapshot.hpp"
#include "gateway/engine.hpp"

namespace gateway {

// Which keys were written lately. A shadow is asked a little later than the step it is compared with, and no snapshot may
// be held open that long; so a later snapshot is read instead, and the answer counts only if nobody has written there
// since.
// Thread rule: any.
class RecentWrites {
 public:
  // Keys written on top of the state of commit `base`: whoever sees that commit alone, sees them not.
  void note(const std::vector<Write>& writes, std::uint64_t base);

  // Whether a key, or a key in a range, may have been written on top of `base` or later.
  bool touched(std::string_view key, std::uint64_t base) const;
  bool touched(const Range& range, std::uint64_t base) const;

 private:
  template <class Matches>
  bool any_since(std::uint64_t base, const Matches& matches) const;

  static constexpr std::size_t kMost = 50'000;
  struct Entry {
    std::uint64_t base;
    std::string key;
  };
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;    // by base, ascending
  std::uint64_t forgotten_ = 0;  // writes on top of commits below this are not known any more
};

// Answers reads as of the commit `base` from a snapshot of now, opened and closed within the call.
// Errors: GW_UNAVAILABLE when it has moved on; what the engine returns.
RecordedSnapshot::Source state_at(std::uint64_t base, Engine& engine, const RecentWrites& recent);

}  // namespace gateway
