// In which order the gateways of a mesh get a release: one coordinator backbone, the other backbones, then edges. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rollout/record.hpp"

namespace gateway_app {

// Numbers the waves: 0 one backbone, the coordinator's where it is one; 1 the other backbones; from 2 on the edges, at
// most `per_wave` (at least 1) each, in the order of their ids. Without backbones the edges begin with a wave of one.
void assign_waves(std::vector<RolloutNode>& nodes, std::uint32_t per_wave);

// The indices of the nodes that may begin now: those that wait in the first wave of which not all have passed. None while
// an earlier one is not through, and none any more after a failure anywhere.
std::vector<std::size_t> open_nodes(const std::vector<RolloutNode>& nodes);

// The indices of the nodes that a rollback has to revert: all that have begun, the last wave first.
std::vector<std::size_t> touched_nodes(const std::vector<RolloutNode>& nodes);

}  // namespace gateway_app
