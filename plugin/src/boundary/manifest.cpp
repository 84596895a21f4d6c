#include "boundary/manifest.hpp"

#include <set>
#include <string_view>
#include <utility>

#include "base/json.hpp"
#include "config/config.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"
#include "tasks/transitions.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

json::array tools() {
  json::array out;
  for (const Tool& tool : all_tools()) {
    json::object entry{{"name", tool.name},
                       {"description", tool.description},
                       {"readOnly", tool.read_only},
                       {"parameters", object_schema(tool.params)}};
    if (!tool.route_key.empty()) entry["routeKey"] = tool.route_key;
    if (!tool.dry_run_arg.empty()) entry["dryRunArg"] = tool.dry_run_arg;
    out.push_back(std::move(entry));
  }
  return out;
}

json::array sweeps() {
  json::array out;
  for (const Sweep& sweep : all_sweeps()) {
    out.push_back({{"name", sweep.name},
                   {"everySeconds", sweep.every_seconds},
                   {"scope", sweep.coordinator_only ? "coordinator" : "node"}});
  }
  return out;
}

// What must hold whatever a release does: the task life cycle, an append-only audit log, one distribution task per
// version and target, immutable versions of capabilities.
json::array invariants() {
  std::set<std::pair<std::string_view, std::string_view>> changes;
  for (const Transition& row : kTransitions) changes.emplace(to_text(row.from), to_text(row.to));
  json::array transitions;
  for (const auto& [from, to] : changes) transitions.push_back(json::array{from, to});
  return {{{"prefix", "task/"},
           {"pointer", "/status"},
           {"transitions", std::move(transitions)},
           {"terminal", json::array{"completed", "failed"}}},
          {{"prefix", "audit/"}, {"writeOnce", true}},
          {{"prefix", "distribution-target/"}, {"writeOnce", true}},
          {{"prefix", "cap-manifest/"}, {"writeOnce", true}}};
}

json::array signals() {
  return {{{"name", "sla_notices"},
           {"prefix", "message/"},
           {"where", {{"pointer", "/intent"}, {"value", "task_sla_breached"}}},
           {"kind", "escalation"}},
          {{"name", "publish_failures"},
           {"prefix", "message/"},
           {"where", {{"pointer", "/intent"}, {"value", "capability_publish_gate_failed"}}},
           {"kind", "pipeline_failure"}}};
}

}  // namespace

const std::string& manifest_json() {
  static const std::string text = json::canonical(
      json::object{{"tools", tools()},
                   {"sweeps", sweeps()},
                   {"configSchema", config_schema()},
                   {"metrics", json::array{}},
                   {"coordinator", {{"key", key::kCoordination}, {"pointer", "/coordinator"}}},
                   {"invariants", invariants()},
                   {"signals", signals()}});
  return text;
}

}  // namespace ansible
