// Phase 2: a capability and a task go through their whole lives, with two agents of the rollout's own.
#pragma once

#include <string>
#include <string_view>

#include "gateway/error.hpp"
#include "rollout/check.hpp"

namespace gateway_app {

inline constexpr std::string_view kRolloutOwner = "rollout-owner";
inline constexpr std::string_view kRolloutOther = "rollout-other";
inline constexpr std::string_view kRolloutCapability = "cap.rollout-check";

// A low-risk manifest of that capability, complete with its checksum. Errors: as complete_manifest().
gateway::Result<json::object> rollout_manifest(std::string_view published_at);

// True when the plugin's configuration (JSON) takes signed manifests only: a rollout has no key, and leaves the capability
// out of its lifecycle.
bool signed_manifests_only(std::string_view plugin_config);

// How many gates of a pipeline ({gate, status}...) whose names begin with `first`..`last` were passed, or skipped because
// an earlier run had passed them: gates_passed(pipeline, "G4", "G9").
int gates_passed(const json::array& pipeline, std::string_view first, std::string_view last);

// The gates that were not, with their details, for people.
std::string gates_failed(const json::array& pipeline, std::string_view first,
                         std::string_view last);

// How often `kind` stands in a task's timeline.
int times_in(const json::array& timeline, std::string_view kind);

}  // namespace gateway_app
