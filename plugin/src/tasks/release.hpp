// Claims given back for somebody who cannot work on.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/context.hpp"

namespace ansible {

// How many tasks one step gives back: their documents may be large, and a step's writes have a limit.
inline constexpr std::size_t kReleasedPerStep = 8;

// Tasks that `agent` holds are pending again, at most `most` of them; `by` has seen to it, because the agent was disabled.
// Other assignees may claim them now. Returns how many: as many as `most` means that there may be more.
std::size_t release_held_tasks(Context& context, std::string_view agent, const std::string& by,
                               std::size_t most = kReleasedPerStep);

}  // namespace ansible
