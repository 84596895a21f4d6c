#include "tools/tool.hpp"

namespace ansible {

std::span<const Tool> agent_tools() { return {}; }

}  // namespace ansible
