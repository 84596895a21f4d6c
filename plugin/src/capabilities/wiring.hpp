// Which version is staged and wired where (reference 1.10, 4.6, 4.8): bookkeeping that an installer's reports and the
// lifecycle fingerprint stand on.
#pragma once

#include <string>
#include <string_view>

#include "core/context.hpp"
#include "records/capability.hpp"

namespace ansible {

// What staging or wiring did: nothing, when it was so already.
enum class Applied : bool { kIdempotent, kApplied };

// Stages a version (G4). A version that was staged before keeps its targets, so that publishing it again gives its old
// fingerprint back; one that is wired stays so. `wanted` says whose and for whom a new stage is.
Applied stage_version(Context& context, const InstallStage& wanted, std::string_view by);

// Wires a staged version (G5).
Applied wire_version(Context& context, const InstallStage& stage, std::string_view by);

// Takes a version out of use; its records stay. Returns the step of the unwind evidence:
// {manifestKey, wiring{action, existed, activeBefore, activeAfter}, installStage{action, existed, statusBefore?,
// statusAfter?}}, action applied | idempotent | none.
json::object unwire_version(Context& context, std::string_view capability, std::string_view version,
                            std::string_view by);

// True if a step of unwire_version changed anything.
bool touched(const json::object& step);

}  // namespace ansible
