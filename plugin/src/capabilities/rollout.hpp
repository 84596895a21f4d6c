// Which version of a capability tasks are routed to: activation, canary, and back (CAP-6, CAP-7, CAP-11).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/context.hpp"
#include "core/error.hpp"
#include "records/capability.hpp"

namespace ansible {

// Makes a staged and wired version the active one: its owner is eligible, its predecessor and another version's canary
// are unwired and deprecated, its owner has its executor skill, its delegation skill is to be distributed. Writes everything but the revision, which the
// caller completes and saves.
void activate(Context& context, RevisionRecord& revision, CatalogRecord& catalog,
              std::string_view by);

// Puts a version beside the active one, for the delegations of its executors and its owner only. Replaces another
// version's canary. Writes everything but the revision.
void start_canary(Context& context, RevisionRecord& revision, CatalogRecord& catalog,
                  std::vector<std::string> executors, std::string_view by);

// Gives a capability an index with nobody in it, if it has none.
void open_index(Context& context, std::string_view capability);

// Takes a version out of use with this catalog status: unwired, archived, no longer eligible. Writes everything but the
// revision. Returns the step of the unwind evidence.
json::object retire(Context& context, RevisionRecord& revision, std::string_view version,
                    std::string_view status, std::string_view by);

// Who executes a canary: `targets` are agent ids, a node id means its enabled internal agents; none means the owner.
// Errors: rollout_failed names a target that is no registered, enabled agent, nor a node with one.
Result<std::vector<std::string>> canary_executors(Context& context,
                                                  const std::vector<std::string>& targets,
                                                  const std::string& owner);

// Ends the soak of a capability's canary: its version becomes the active one, or is disabled. Does nothing when there is
// no canary. Tells everybody (capability_published, or capability_publish_rollback with `reason`).
void promote_canary(Context& context, std::string_view capability);
void roll_back_canary(Context& context, std::string_view capability, std::string_view reason);

// "cpv_2026-02-27T10:00:00.000Z"
std::string policy_version(std::int64_t now_ms);

}  // namespace ansible
