// A plugin's manifest, parsed: the tools and sweeps it offers and what lets a host elect and judge without knowing
// the domain. The fields are described at gw_plugin in plugin_abi.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
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

struct Manifest {
  std::vector<ToolInfo> tools;    // sorted by name
  std::vector<SweepInfo> sweeps;  // in the manifest's order
  CoordinatorKey coordinator;
  std::string json;  // the text as the plugin gave it

  const ToolInfo* tool(std::string_view name) const;    // nullptr: no such tool
  const SweepInfo* sweep(std::string_view name) const;  // nullptr: no such sweep
};

// Errors: `bad_manifest` with the JSON pointer of what is wrong.
Result<Manifest> parse_manifest(std::string_view json);

}  // namespace gateway
