#include "execution/routing.hpp"

#include <algorithm>

#include "execution/json_lookup.hpp"

namespace gateway {
namespace {

Routing known_as(std::string metric_name) {
  Routing out;
  out.known = true;
  out.metric_name = std::move(metric_name);
  return out;
}

Routing tool_routing(const Manifest& manifest, const std::string& name,
                     const std::string& args_json) {
  const ToolInfo* tool = manifest.tool(name);
  if (tool == nullptr) return {};
  Routing out = known_as(name);
  if (tool->max_reply_bytes != 0) out.max_reply = std::min(out.max_reply, tool->max_reply_bytes);
  if (tool->read_only) out.flags |= GW_CALL_READ_ONLY;
  if (!tool->dry_run_arg.empty() && true_at(args_json, tool->dry_run_arg)) {
    out.flags |= GW_CALL_DRY_RUN;
  }
  return out;
}

Routing sweep_routing(const Manifest& manifest, const std::string& name) {
  const SweepInfo* sweep = manifest.sweep(name);
  if (sweep == nullptr) return {};
  Routing out = known_as("sweep:" + name);
  out.coordinator_only = sweep->scope == SweepInfo::Scope::kCoordinator;
  return out;
}

Routing outbox_routing(const Instance& instance, const char* metric_name) {
  Routing out = known_as(metric_name);
  out.known = instance.outbox() != nullptr;
  return out;
}

}  // namespace

Routing routing_of(const Instance& instance, Hook hook, const std::string& name,
                   const std::string& args_json) {
  switch (hook) {
    case Hook::kTool:
      return tool_routing(instance.manifest(), name, args_json);
    case Hook::kSweep:
      return sweep_routing(instance.manifest(), name);
    case Hook::kStart:
      return known_as("hook:start");
    case Hook::kStop:
      return known_as("hook:stop");
    case Hook::kMigrate:
      return known_as("hook:migrate");
    case Hook::kOutboxNext:
      return outbox_routing(instance, "outbox:next");
    case Hook::kOutboxSettle:
      return outbox_routing(instance, "outbox:settle");
    case Hook::kSelfTest:
      break;
  }
  return {};
}

}  // namespace gateway
