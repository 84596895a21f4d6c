// Claims given back for somebody who cannot work on.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/context.hpp"

namespace ansible {

// Every task that `agent` holds is pending again; `by` has seen to it, because it was disabled. Other assignees may
// claim them now. Returns how many.
std::size_t release_held_tasks(Context& context, std::string_view agent, const std::string& by);

}  // namespace ansible
