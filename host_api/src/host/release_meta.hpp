// meta.json: what is known about a kept release.
#pragma once

#include <string>
#include <string_view>

#include "host/release_store.hpp"

namespace gateway {

std::string to_json(const Release& release);

// Errors: bad_meta.
Result<Release> parse_release(std::string_view json);

}  // namespace gateway
