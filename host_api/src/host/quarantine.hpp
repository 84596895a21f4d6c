// Releases that may not be loaded.
#pragma once

#include "host/boot_state.hpp"

namespace gateway {

// Errors: quarantined (since when, why, and how to lift it).
Result<void> check_quarantine(const BootState& state, const ReleaseId& release);

}  // namespace gateway
