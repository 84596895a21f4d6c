// Reading members of a reply or a record: a missing one is a default, never an error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace gateway_app::fields {

namespace json = base::json;

std::string text(const json::object& from, std::string_view name);
std::int64_t integer(const json::object& from, std::string_view name, std::int64_t otherwise = 0);
double number(const json::object& from, std::string_view name);
bool flag(const json::object& from, std::string_view name);
const json::object& object(const json::object& from, std::string_view name);
const json::array& array(const json::object& from, std::string_view name);

}  // namespace gateway_app::fields
