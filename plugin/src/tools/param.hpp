// What a tool's argument may be: one description for validation, the published JSON Schema and CLI help.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/json.hpp"

namespace ansible {

enum class ParamType : std::uint8_t {
  kString,
  kInteger,
  kBoolean,
  kStrings,          // array of strings
  kStringOrStrings,  // "a,b" or ["a", "b"]
  kObject,           // any object, or with `members` exactly those
  kObjects,          // array of any objects
};

// One argument. Null counts as absent (ARG-1); a wrong type or a number out of range is `invalid_argument` with the
// JSON pointer, expected and got (ARG-2). Lengths count UTF-16 units.
struct Param {
  std::string_view name;
  ParamType type;
  std::string_view description;
  bool required = false;
  std::size_t max_length = 0;  // of a string or of each string in a list; 0 = none
  std::int64_t min = INT64_MIN;
  std::int64_t max = INT64_MAX;
  bool clamped = false;  // out of range is moved to the bound (only where the reference says so)
  bool floored = false;  // a fraction is rounded down (only where the reference says so)
  std::span<const std::string_view> one_of = {};  // a string's allowed values
  std::span<const Param> members = {};            // of an object; others are refused
  std::size_t min_items = 0;                      // of a list
  bool names_actor = false;                       // says who acts (tools/acting.hpp)
};

// The JSON Schema of an object with these parameters; unknown members are allowed (and warned about).
base::json::object object_schema(std::span<const Param> params);

}  // namespace ansible
