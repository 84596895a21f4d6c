// A trial of a capability's executor (G6, CAP-10).
#pragma once

#include <optional>

#include "core/context.hpp"
#include "core/error.hpp"
#include "records/manifest.hpp"

namespace ansible {

// Lets a synthetic task of the owner run claim -> update -> complete in a view that is dropped: nobody sees it, and how
// much the owner has to do plays no part.
// Errors: smoke_failed names the step and why it was refused.
std::optional<Error> smoke_test(Context& context, const Manifest& manifest);

}  // namespace ansible
