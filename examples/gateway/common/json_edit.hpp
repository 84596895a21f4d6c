// Changing one member of a JSON text without touching the rest.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "gateway/error.hpp"

namespace gateway_app {

// Sets the member at `path` (["plugins", "entries", "ansible"]) to `value` and returns the new text. Every other byte
// stays: comments, order, blanks, other people's sections. Objects that are missing on the way are made.
// `text` is JSON as a configuration file may be: comments and trailing commas are fine.
// Errors: config_syntax (not such JSON), config_invalid (something on the way is no object).
gateway::Result<std::string> set_json_member(std::string_view text,
                                             std::span<const std::string> path,
                                             const base::json::value& value);

}  // namespace gateway_app
