#include "loading/proof.hpp"

#include <fmt/format.h>

#include <chrono>

#include "base/json.hpp"
#include "execution/transition.hpp"
#include "gateway/instance.hpp"
#include "gateway/memory_engine.hpp"
#include "loading/create_report.hpp"
#include "loading/library.hpp"
#include "loading/text.hpp"

namespace gateway {
namespace {

namespace json = base::json;
using OnStep = std::function<void(std::string_view)>;

std::int64_t wall_clock_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Required arguments cannot be invented; a schema that is not plain says nothing about them.
bool takes_no_arguments(const ToolInfo& tool) {
  const auto schema = json::parse(tool.parameters_json);
  if (!schema.ok()) return false;
  for (const char* word : {"required", "anyOf", "oneOf", "allOf", "$ref", "minProperties"}) {
    const json::value* v = json::find(*schema, word);
    if (v != nullptr && !(v->is_array() && v->get_array().empty())) return false;
  }
  return true;
}

const ToolInfo* harmless_tool(const Manifest& manifest) {
  for (const ToolInfo& tool : manifest.tools) {
    if (tool.read_only && takes_no_arguments(tool)) return &tool;
  }
  return nullptr;
}

Error failed(std::string_view step, std::string_view got, std::string_view expected) {
  return {"prove_failed", fmt::format("the plugin failed the step {}: {}\n  expected {}\n"
                                      "  this is a bug in the plugin: it would fail in the gateway "
                                      "too",
                                      step, got, expected)};
}

// Runs one step on an empty store and judges it; the writes are dropped.
Result<void> try_hook(const Instance& instance, const StepInput& input, const std::string& step,
                      bool refusal_is_fine) {
  MemoryEngine engine;
  auto snapshot = engine.snapshot();
  if (!snapshot.ok()) return Error{"prover_error", snapshot.error().message};
  View view(**snapshot);
  const StepResult result = run_step(instance, view, input);
  const bool refused = result.status == GW_REFUSED || result.status == GW_REFUSED_RECORDED;
  if (refused && !refusal_is_fine) {
    return failed(step, fmt::format("it refused: {}", printable(result.body, 2000)), "GW_OK");
  }
  if (result.status < 0) {
    return failed(step,
                  fmt::format("{}: {}", status_name(result.status), printable(result.error, 2000)),
                  "GW_OK or a refusal");
  }
  if (result.status == GW_MORE || input.hook == Hook::kSelfTest) return {};
  const auto body = json::parse(result.body);
  if (body.ok() && body->is_object()) return {};
  return failed(step, fmt::format("its reply is \"{}\"", printable(result.body)),
                "a JSON object as reply");
}

Result<void> try_hooks(const Instance& instance, const std::string& node_id,
                       const OnStep& on_step) {
  StepInput input;
  input.request_id = "proof";
  input.node_id = node_id;
  input.caller_kind = GW_CALLER_HOST;
  input.now_ms = wall_clock_ms();
  input.role.sweeps = true;
  input.role.lease_holder = node_id;

  on_step("self_test");
  input.hook = Hook::kSelfTest;
  if (auto tried = try_hook(instance, input, "self_test", false); !tried.ok()) return tried;

  if (const ToolInfo* tool = harmless_tool(instance.manifest())) {
    const std::string step = "call of " + tool->name;
    on_step(step);
    input.hook = Hook::kTool;
    input.name = tool->name;
    input.flags = GW_CALL_READ_ONLY;
    input.caller_kind = GW_CALLER_OPERATOR;
    if (auto tried = try_hook(instance, input, step, true); !tried.ok()) return tried;
  }
  if (!instance.manifest().sweeps.empty()) {
    const std::string step = "sweep " + instance.manifest().sweeps.front().name;
    on_step(step);
    input.hook = Hook::kSweep;
    input.name = instance.manifest().sweeps.front().name;
    input.flags = 0;
    input.caller_kind = GW_CALLER_HOST;
    if (auto tried = try_hook(instance, input, step, true); !tried.ok()) return tried;
  }
  return {};
}

ProofReport describe(const Instance& instance, std::string_view create_report) {
  const gw_plugin& table = instance.table();
  ProofReport report;
  report.id = view_of(table.id);
  report.version = instance.release().version;
  report.build_id = instance.release().build_id;
  report.abi_major = table.abi_major;
  report.abi_minor = table.abi_minor;
  report.min_host_minor = table.min_host_minor;
  report.data_format_read_min = table.data_format_read_min;
  report.data_format_read_max = table.data_format_read_max;
  report.data_format_write = table.data_format_write;
  report.manifest_json = instance.manifest().json;
  report.warnings = read_create_report(create_report).warnings;
  return report;
}

}  // namespace

Result<ProofReport> run_proof(const std::string& library, const std::string& config_json,
                              const std::string& node_id, const OnStep& on_step) {
  bool unmapped = true;
  on_step("load");
  auto loaded =
      Library::open(library, [&](const Library::Closed& closed) { unmapped = closed.unmapped; });
  if (!loaded.ok()) return loaded.error();

  on_step("create");
  std::string said;
  const gw_plugin* table = (*loaded)->table();
  auto instance = Instance::create(table, {}, config_json, std::move(*loaded), &said);
  if (!instance.ok()) return instance.error();
  if (auto tried = try_hooks(**instance, node_id, on_step); !tried.ok()) return tried.error();

  ProofReport report = describe(**instance, said);
  on_step("destroy and unload");
  instance->reset();
  if (!unmapped) {
    report.warnings.emplace_back(
        "the library stays mapped after it is unloaded: each swap will cost its size in memory");
  }
  return report;
}

}  // namespace gateway
