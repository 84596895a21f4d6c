// The manifest that the plugin states, made from its tables.
#pragma once

#include <string>

namespace ansible {

// Canonical JSON; see gw_plugin in plugin_abi.h for its members.
const std::string& manifest_json();

}  // namespace ansible
