// Who may change a capability (CAP-13).
#pragma once

#include <optional>
#include <string_view>

#include "actors/actor.hpp"
#include "core/context.hpp"
#include "core/error.hpp"
#include "records/capability.hpp"

namespace ansible {

// Its owner, its first publisher, the gateway's admin or the operator. Anybody else gets not_authorized, also who stands
// in for the owner; `what` names the operation ("withdraw").
std::optional<Error> refuse_stranger(Context& context, const Actor& actor,
                                     const RevisionRecord& revision, std::string_view what);

}  // namespace ansible
