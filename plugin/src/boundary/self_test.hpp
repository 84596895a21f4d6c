// Proves on an empty store that this build works on this machine.
#pragma once

#include <optional>
#include <string>

#include "core/context.hpp"

namespace ansible {

// Runs one task through its life with the real tools. Returns what went wrong, or nothing.
std::optional<std::string> self_test(Context& context);

}  // namespace ansible
