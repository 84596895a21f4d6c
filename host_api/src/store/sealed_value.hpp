// How a row's value is stored: with a checksum that also binds its key and version.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/engine.hpp"

namespace gateway {

// `value` followed by the CRC-32C of version, key length, key and value (numbers little endian). A
// value that turns up under another key, or an old one that turns up again with a newer version,
// fails it too.
std::string sealed(std::string_view key, std::string_view value, std::uint64_t version);

// The value inside `stored`, or nothing when the checksum does not fit. A view into `stored`.
std::optional<std::string_view> unsealed(std::string_view key, std::string_view stored,
                                         std::uint64_t version);

// A key for messages: printable ASCII as it is, everything else, '\' and '"' as \xNN, in quotes.
std::string printable_key(std::string_view key);

// GW_CORRUPT, naming the key and what to do.
StoreError damaged_row(std::string_view key);

}  // namespace gateway
