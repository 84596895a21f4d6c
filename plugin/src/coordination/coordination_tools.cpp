#include "tools/tool.hpp"

namespace ansible {

std::span<const Tool> coordination_tools() { return {}; }

}  // namespace ansible
