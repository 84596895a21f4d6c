// Reading replies for display: a missing member is a default, never an error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace gateway_app {

namespace json = base::json;

// The member as text: a string as it is, another value as JSON, `fallback` when absent or null.
std::string text_of(const json::object& from, std::string_view name,
                    std::string_view fallback = "");
std::int64_t int_of(const json::object& from, std::string_view name, std::int64_t fallback = 0);
bool bool_of(const json::object& from, std::string_view name, bool fallback = false);
json::object object_in(const json::object& from, std::string_view name);
json::array array_in(const json::object& from, std::string_view name);

// "a, b" from a list of strings; `none` when it is empty.
std::string joined(const json::array& texts, std::string_view none = "none");

// Epoch milliseconds as local time, "2026-11-23 14:05:00"; "-" for 0.
std::string local_time(std::int64_t unix_ms);

}  // namespace gateway_app
