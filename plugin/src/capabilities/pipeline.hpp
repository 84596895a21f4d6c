// Gates that are passed one after the other, each of them recorded (CAP-1).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/context.hpp"
#include "core/error.hpp"

namespace ansible {

// How a gate was passed, or why there was nothing to pass.
struct GateNote {
  std::string detail;
  bool skipped = false;
};

inline GateNote passed(std::string detail) { return {std::move(detail), false}; }
inline GateNote skipped(std::string detail) { return {std::move(detail), true}; }

// One gate on the way of a Subject (a publication, a withdrawal), which it may fill further.
template <class Subject>
struct Gate {
  std::string_view name;  // "G1_SCHEMA"
  Result<GateNote> (*run)(Context& context, Subject& subject);
};

struct PipelineRun {
  json::array
      gates;  // {gate, status: passed | failed | skipped, at, detail? | error?}, all of them
  std::string_view failed_gate;  // empty: none
  std::optional<Error> failure;
};

json::object gate_record(const Context& context, std::string_view gate, const GateNote& note);
json::object gate_record(const Context& context, std::string_view gate, const Error& error);

// Runs the gates up to the first that fails; those behind it are recorded as skipped.
template <class Subject>
PipelineRun run_gates(Context& context, Subject& subject, std::span<const Gate<Subject>> gates) {
  PipelineRun run;
  for (const Gate<Subject>& gate : gates) {
    if (run.failure) {
      const GateNote note = skipped("not reached: " + std::string(run.failed_gate) + " failed");
      run.gates.push_back(gate_record(context, gate.name, note));
      continue;
    }
    auto result = gate.run(context, subject);
    if (result.ok()) {
      run.gates.push_back(gate_record(context, gate.name, *result));
      continue;
    }
    run.gates.push_back(gate_record(context, gate.name, result.error()));
    run.failed_gate = gate.name;
    run.failure = std::move(result.error());
  }
  return run;
}

}  // namespace ansible
