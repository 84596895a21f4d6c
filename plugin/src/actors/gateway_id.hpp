// Gateway ids that differ only in spelling (reference 0: tolerance for renamed gateways).
#pragma once

#include <string>
#include <string_view>

namespace ansible {

// Lower case, every run of other characters than [a-z0-9] as one '-', none at either end, and without one trailing
// "-host". Two gateways are the same when this is equal and not empty.
std::string canonical_gateway(std::string_view id);

}  // namespace ansible
