// What a write set says about the release that made it, by what a manifest declares.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/engine.hpp"
#include "gateway/manifest.hpp"

namespace gateway {

struct Conduct {
  std::vector<std::string> violations;  // for people: '"task/t1": /status "completed" -> ...'
  std::vector<std::uint64_t> signals;   // new records per signal of the manifest
  bool unknown = false;                 // of some record: what was there before could not be read
  bool clean() const;                   // none of all that
};

// The value of a key before the write set, for keys under a watched prefix. Failed: the key is not judged (`unknown`).
using ValueBefore = std::function<StoreResult<std::optional<std::string>>(std::string_view key)>;

// Judges a write set by the invariants and signals of `law`, usually the active release's whoever wrote it.
//
// Invariants: a record may be created with any value and may be erased; what exists may change only as declared, and a
// writeOnce key that exists may not be put again. Signals: a record that matches and did not match before is new.
// Thread rule: any.
Conduct watch(const Manifest& law, std::span<const Write> writes, const ValueBefore& before);

// The manifest that a candidate is judged by (the active release's), with the budgets of its signals in numbers.
struct Law {
  Manifest manifest;
  std::vector<std::optional<std::uint64_t>>
      budgets;  // per signal: records that one step may write; none: no budget
};

// `config_json` is the plugin's configuration, into which budgetPointer points.
Law law_of(const Manifest& active, const std::string& config_json);

// What a candidate's step is blamed for.
struct Blame {
  std::vector<std::string> violations;
  std::uint64_t escalations = 0;        // that the active release would not have written
  std::uint64_t over_budget = 0;        // 1 when a budget was exceeded
  std::uint64_t pipeline_failures = 0;  // that the active release would not have written
  bool any() const {
    return !violations.empty() || escalations + over_budget + pipeline_failures > 0;
  }
};

// Weighs the candidate's conduct in a step against that of the active release, asked the same on the same state.
Blame weigh(const Law& law, const Conduct& candidate, const Conduct& active);

// Whether anything under `key` is watched: only then is its value before of interest.
bool watched(const Manifest& law, std::string_view key);

}  // namespace gateway
