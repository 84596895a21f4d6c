// state.json: which release boots.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/host.hpp"

namespace gateway {

// A change that was begun. Found at boot, it was interrupted: what `stable` says boots, whatever
// was intended.
struct Intent {
  std::string action;  // "swap" | "rollback" | "boot" | "reconfigure"
  ReleaseId release;
  std::int64_t at_ms = 0;
};

// What must survive the process. `stable` changes in the same write that ends a swap.
struct BootState {
  std::optional<RoleInfo> stable;    // serves, and boots
  std::optional<RoleInfo> previous;  // served before; what a rollback goes to
  std::optional<Intent> intent;
  std::string
      file_sha256;  // digest of the configured file when it was last decided about; may be empty
  std::string file_trouble;             // why the configured file was refused; empty: it was not
  std::string swap_trouble;             // why the last swap failed; empty: it did not
  std::vector<HistoryEntry> decisions;  // newest first, at most kMaxDecisions

  static constexpr std::size_t kMaxDecisions = 200;
  void record(HistoryEntry entry);
};

std::string to_json(const BootState& state);

// Members that it does not know are ignored. Errors: bad_state.
Result<BootState> parse_boot_state(std::string_view json);

struct LoadedBootState {
  BootState state;
  std::string
      problem;  // not empty: the file could not be understood; where it was put aside, and why
};

// Reads state.json. Missing: an empty state. One that cannot be understood is renamed to
// "<path>.unreadable-<n>", so that it is neither lost nor overwritten, and reported in `problem`.
// Errors: io_error.
Result<LoadedBootState> load_boot_state(const std::string& path);

// Errors: io_error, no_space; the old state is in place then.
Result<void> save_boot_state(const std::string& path, const BootState& state);

}  // namespace gateway
