// What two answers to a recorded step tell.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "canary/compare.hpp"
#include "gateway/replay.hpp"
#include "journal/replay_side.hpp"

namespace gateway {

struct ReplayFinding {
  std::array<bool, kDifferences> kinds{};  // which of them were found
  ReplayDifference difference;  // for people; what says where it was found is not filled in
};

// None: they are the same, or differ where it is allowed. `sides`: as for compare().
std::optional<ReplayFinding> judge_replay(const ReplaySide::Told& base,
                                          const ReplaySide::Told& candidate, const Sides& sides,
                                          const std::string& tool,
                                          std::span<const AllowedDifference> allow);

// Whether the states differ from now on that were the same before.
bool states_part(const ReplaySide::Told& base, const ReplaySide::Told& candidate);

}  // namespace gateway
