// May this release work on the data that is stored?
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "gateway/engine.hpp"
#include "gateway/error.hpp"
#include "host/release_store.hpp"

namespace gateway {

// The host's own key for the highest data format ever written, as decimal text.
inline constexpr std::string_view kFormatKey{"\0host/format", 12};

// None: nothing was written yet. Errors: storage.
Result<std::optional<std::uint32_t>> stored_format(Engine& engine);
Result<std::optional<std::uint32_t>> format_in(Snapshot& snapshot);

// A release loads only if it reads what is stored. Errors: data_format.
Result<void> check_readable(const Release& release, std::optional<std::uint32_t> stored);

// A swap must leave the way back open: what `next` writes, `active` must read. Errors: one_way.
Result<void> check_revertible(const Release& next, const Release& active);

// What to commit before `release` may write; none when the stored format is high enough.
std::optional<Write> raised_format(const Release& release, std::optional<std::uint32_t> stored);

}  // namespace gateway
