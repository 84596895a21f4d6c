// How long to wait before another try.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/transaction.hpp"

namespace ansible {

// T-15: 2 s x 2^(n-1), at most 300 s, +-20 %, in ms; `failures` is n, at least 1. `label` names the draw.
std::int64_t backoff_ms(Transaction& txn, std::string_view label, std::int64_t failures);

}  // namespace ansible
