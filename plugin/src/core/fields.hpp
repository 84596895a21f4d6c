// Reading and writing the members of stored JSON documents.
//
// Stored documents were written by this plugin (or imported through it), so a missing or odd member reads as absent
// instead of failing: an older or newer version's document must stay readable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace ansible {

namespace json = base::json;

std::optional<std::string> text_field(const json::object& from, std::string_view name);
std::optional<std::int64_t> int_field(const json::object& from, std::string_view name);
std::optional<bool> bool_field(const json::object& from, std::string_view name);
std::vector<std::string> texts_field(const json::object& from, std::string_view name);
json::object object_field(const json::object& from, std::string_view name);

// Sets the member when there is a value (a non-empty list).
void set_field(json::object& to, std::string_view name, const std::optional<std::string>& value);
void set_field(json::object& to, std::string_view name, std::optional<std::int64_t> value);
void set_field(json::object& to, std::string_view name, std::optional<bool> value);
void set_field(json::object& to, std::string_view name, const std::vector<std::string>& value);

json::array to_array(const std::vector<std::string>& texts);

// Parses a stored document; a value that is not a JSON object throws std::runtime_error naming the key (a bug or damage
// that the store's checksum did not see).
json::object parse_document(std::string_view key, std::string_view text);

}  // namespace ansible
