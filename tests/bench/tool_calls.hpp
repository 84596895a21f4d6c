// How each tool is called for the table of costs.
#pragma once

#include <span>
#include <string_view>

#include "bench/mesh.hpp"

namespace bench {

// Makes the arguments of one call; whatever it has to do for that is not measured.
using Prepare = json::object (*)(Mesh& mesh);

struct ToolCall {
  std::string_view tool;     // without "ansible_"
  std::string_view variant;  // of several ways to call it; empty: the usual one
  Prepare prepare;
  bool dump = false;     // may grow with what there is
  bool refused = false;  // this call is refused, and costs what a refusal costs
  bool by_host = false;  // only the host calls it
};

std::span<const ToolCall> task_calls();
std::span<const ToolCall> agent_calls();
std::span<const ToolCall> message_calls();
std::span<const ToolCall> mesh_calls();  // nodes, coordination, capabilities

}  // namespace bench
