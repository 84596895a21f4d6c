// Arguments generated from a tool's table: what must be accepted, what refused, and where.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "tools/tool.hpp"

namespace ansible_test {

namespace json = base::json;

struct Input {
  std::string what;     // "title: over-long"
  json::object args;    // the tool's minimal arguments, and one thing changed
  bool valid = false;   // what the table says
  std::string pointer;  // of the changed argument
};

// The fewest arguments the table accepts.
json::object minimal_args(std::span<const ansible::Param> params);

// For each parameter, also of nested objects: valid values and bounds, null, missing, wrong types,
// just out of bounds, over-long, words outside an enumeration; and one argument that no table has.
// Texts are ASCII. `base` is what the other arguments are.
std::vector<Input> generated_inputs(std::span<const ansible::Param> params,
                                    const json::object& base);

}  // namespace ansible_test
