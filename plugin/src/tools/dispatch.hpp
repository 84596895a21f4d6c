// From a tool's name and JSON arguments to its JSON reply: validation, handler, warnings.
#pragma once

#include <string>
#include <string_view>

#include "core/context.hpp"

namespace ansible {

struct DispatchReply {
  enum class Kind { kOk, kRefused, kRefusedRecorded, kMore, kUnknownName };
  Kind kind = Kind::kOk;
  std::string body;  // canonical JSON; with kMore the continuation
};

// Runs one step of a tool. `args_json` is a JSON object.
DispatchReply run_tool(Context& context, std::string_view name, std::string_view args_json);

// Runs one step of a sweep.
DispatchReply run_sweep(Context& context, std::string_view name);

}  // namespace ansible
