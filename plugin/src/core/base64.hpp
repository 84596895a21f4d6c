// Base64 (RFC 4648, standard alphabet, padded).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ansible {

std::string base64_encode(std::string_view bytes);

// The bytes that `text` stands for; nothing when it is not Base64 through and through.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace ansible
