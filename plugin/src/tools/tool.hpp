// The one table that describes every tool.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "core/context.hpp"
#include "core/error.hpp"
#include "tools/args.hpp"
#include "tools/param.hpp"

namespace ansible {

// One step is done; the next gets `continuation` in its Context.
struct More {
  std::string continuation;
};

// A refusal whose writes stay, because they are its evidence (a failed publish gate, CAP-2).
struct RecordedRefusal {
  Error error;
};

// How a handler ends: the reply's members (dispatch adds "success": true when they lack it), a refusal (nothing it wrote
// stays), a refusal with evidence, or more steps.
using ToolResult = std::variant<json::object, Error, RecordedRefusal, More>;

using ToolHandler = ToolResult (*)(Context& context, const Args& args);

struct Tool {
  std::string_view name;  // "ansible_claim_task"
  std::string_view description;
  std::span<const Param> params;
  ToolHandler handler;
  bool read_only = false;
  std::string_view dry_run_arg = {};  // JSON pointer: true -> the host drops the writes
  std::string_view route_key = {};  // JSON pointer: keeps a canary split stable per task, agent ...
};

using SweepHandler = ToolResult (*)(Context& context);

struct Sweep {
  std::string_view name;
  std::uint32_t every_seconds;  // how often the host offers it
  bool coordinator_only;
  SweepHandler handler;
};

// All tools, sorted by name, and all sweeps.
std::span<const Tool> all_tools();
const Tool* find_tool(std::string_view name);
std::span<const Sweep> all_sweeps();
const Sweep* find_sweep(std::string_view name);

// Each subject contributes its tools; tool_table.cpp lists the subjects.
std::span<const Tool> task_tools();
std::span<const Tool> sla_tools();
std::span<const Tool> agent_tools();
std::span<const Tool> agent_invite_tools();
std::span<const Tool> agent_home_tools();
std::span<const Tool> purge_tools();
std::span<const Tool> gateway_admin_tools();
std::span<const Tool> admission_tools();
std::span<const Tool> message_tools();
std::span<const Tool> message_admin_tools();
std::span<const Tool> sink_tools();
std::span<const Tool> fetch_tools();
std::span<const Tool> dead_letter_tools();
std::span<const Tool> coordination_tools();
std::span<const Tool> distribution_tools();
std::span<const Tool> health_tools();
std::span<const Tool> delegation_policy_tools();
std::span<const Tool> context_tools();
std::span<const Tool> lock_sweep_tools();
std::span<const Tool> import_tools();
std::span<const Tool> audit_tools();
std::span<const Tool> capability_tools();

}  // namespace ansible
