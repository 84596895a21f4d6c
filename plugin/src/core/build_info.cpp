#include "core/build_info.hpp"

namespace ansible {

std::string_view plugin_version() { return ANSIBLE_VERSION; }
std::string_view plugin_build_id() { return ANSIBLE_BUILD_ID; }

}  // namespace ansible
