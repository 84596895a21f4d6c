// Which build of the plugin this is.
#pragma once

#include <string_view>

namespace ansible {

std::string_view plugin_version();   // SemVer
std::string_view plugin_build_id();  // tells two builds of one version apart

}  // namespace ansible
