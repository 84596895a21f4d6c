// A plugin's manifest, parsed: the tools and sweeps it offers and what lets a host elect and judge without knowing
// the domain. The fields are described at gw_plugin in plugin_abi.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/error.hpp"

namespace gateway {

struct ToolInfo {
  std::string name;
  std::string description;
  bool read_only = false;
  std::string parameters_json;        // JSON Schema, canonical
  std::string route_key;              // JSON pointer, empty: none
  std::string dry_run_arg;            // JSON pointer, empty: none
  std::uint64_t max_reply_bytes = 0;  // 0: the host's limit
};

struct SweepInfo {
  enum class Scope { kNode, kCoordinator };
  std::string name;
  std::uint32_t every_seconds = 0;
  Scope scope = Scope::kNode;
};

// Where the store names the nominated coordinator: the string at `pointer` of the JSON value of `key`.
struct CoordinatorKey {
  std::string key;  // empty: the plugin nominates nobody
  std::string pointer;
};

// How the records under `prefix` may change, whichever release writes them. JSON values are canonical texts.
struct Invariant {
  std::string prefix;
  bool write_once = false;  // a key that exists is not written again; the rest is empty then
  std::string pointer;      // of the value that `transitions` speaks of
  std::vector<std::pair<std::string, std::string>> transitions;  // allowed changes, from and to
  std::vector<std::string> terminal;                             // values that never change again
};

// New records that are counted: those under `prefix` that hold `value` at `pointer`.
struct Signal {
  enum class Kind { kEscalation, kPipelineFailure };
  std::string name;
  std::string prefix;
  std::string pointer;
  std::string value;  // canonical JSON
  std::string
      budget_pointer;  // into the plugin's configuration: how many a step may write; empty: no budget
  Kind kind = Kind::kEscalation;
};

struct Manifest {
  std::vector<ToolInfo> tools;    // sorted by name
  std::vector<SweepInfo> sweeps;  // in the manifest's order
  CoordinatorKey coordinator;
  std::vector<Invariant> invariants;
  std::vector<Signal> signals;
  std::string json;  // the text as the plugin gave it

  const ToolInfo* tool(std::string_view name) const;    // nullptr: no such tool
  const SweepInfo* sweep(std::string_view name) const;  // nullptr: no such sweep
};

// Errors: `bad_manifest` with the JSON pointer of what is wrong.
Result<Manifest> parse_manifest(std::string_view json);

}  // namespace gateway
