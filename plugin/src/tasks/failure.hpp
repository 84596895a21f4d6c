// What a failed task says about its failure, and whether it gets another try (T-14, T-15).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/context.hpp"
#include "records/task.hpp"
#include "tools/args.hpp"

namespace ansible {

// T-14: an enum, no guessing from text.
inline constexpr std::array<std::string_view, 14> kFailureClasses = {"failed_terminal",
                                                                     "dependency_missing",
                                                                     "dependency_unavailable",
                                                                     "capability_unavailable",
                                                                     "version_incompatible",
                                                                     "approval_required",
                                                                     "timeout",
                                                                     "authz_denied",
                                                                     "invalid_target",
                                                                     "overloaded",
                                                                     "execution_error",
                                                                     "policy_blocked",
                                                                     "transport_error",
                                                                     "unknown"};

// Writes the `failure` and `retry` blocks of a task that `actor` reports as failed. Returns when it
// may be claimed again, in ms: it goes back to pending; or nothing: it has failed for good.
std::optional<std::int64_t> record_failure(Context& context, Task& task, const Args& args,
                                           std::string_view actor);

}  // namespace ansible
