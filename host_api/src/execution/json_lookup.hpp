// Single values out of JSON texts whose meaning the host does not know, by the pointers that a
// manifest states.
#pragma once

#include <string>
#include <string_view>

namespace gateway {

// True if `json` is well-formed and holds the boolean true at `pointer`.
bool true_at(std::string_view json, const std::string& pointer);

// The string at `pointer`, or empty.
std::string string_at(std::string_view json, const std::string& pointer);

}  // namespace gateway
