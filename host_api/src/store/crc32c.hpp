// CRC-32C (Castagnoli), the checksum of stored rows.
#pragma once

#include <cstdint>
#include <string_view>

namespace gateway {

// Extends `crc` (0 to begin) by `bytes`: crc32c(b, crc32c(a)) == crc32c(a + b).
// Source: RFC 3720, appendix B.4.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc = 0);

}  // namespace gateway
