// The argument by which a caller may repeat a request without a second effect (T-2).
#pragma once

#include "tools/param.hpp"

namespace ansible {

inline constexpr Param kIdempotencyKey{
    .name = "idempotency_key",
    .type = ParamType::kString,
    .description =
        "Your own key for this request: repeating it has no second effect and returns "
        "the first reply.",
    .max_length = 200};

}  // namespace ansible
