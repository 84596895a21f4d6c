// Would a gateway take this library with this configuration?
#pragma once

#include <string>
#include <vector>

#include "gateway/error.hpp"

namespace gateway {

// Looks at a library file and proves it in a process of its own, as a gateway does before it loads one; keeps nothing.
// `prover` is the path of gateway-prover. Returns what the library finds odd in its configuration, a line each.
// Signatures are not looked at.
// Errors: config_invalid (the library's words), not_found, unsafe_path and whatever else verify and prove refuse.
// Thread rule: any.
Result<std::vector<std::string>> try_library(const std::string& prover, const std::string& library,
                                             const std::string& config_json);

}  // namespace gateway
