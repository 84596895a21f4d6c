// The tools' own descriptions, generated at build time from the plugin's tool table.
#pragma once

#include <string>
#include <string_view>

namespace gateway_app {

std::string tool_help(std::string_view tool);

// Of an argument; "sla.acceptSlaSeconds" is a member.
std::string arg_help(std::string_view tool, std::string_view arg);

}  // namespace gateway_app
