// A human's approval of high-risk work (reference 2.6; T-12, T-13).
#pragma once

#include <optional>

#include "actors/actor.hpp"
#include "core/error.hpp"
#include "records/task.hpp"

namespace ansible {

bool approval_required(const Task& task);

// Approved, with an artifact, by somebody, at some time.
bool approval_satisfied(const Task& task);

// approval_rejected when it was rejected.
std::optional<Error> refuse_rejected(const Task& task);

// approval_required when `actor` may not claim, continue or complete the task yet: nobody has approved it, or nobody but
// the actor itself.
std::optional<Error> refuse_unapproved(const Task& task, const Actor& actor);

}  // namespace ansible
