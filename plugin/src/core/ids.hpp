// Ids, digests as text, and times as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/transaction.hpp"

namespace ansible {

// A random UUIDv4 (ARG-4). `label` names the purpose, so that one more id does not shift the others.
std::string new_uuid(Transaction& txn, std::string_view label);

// `prefix` followed by 2*bytes hex digits ("at_" + 48 for agent tokens).
std::string new_secret(Transaction& txn, std::string_view label, std::string_view prefix,
                       std::size_t bytes);

std::string hex(const Digest& digest);

// ARG-3: 1-100 characters of [A-Za-z0-9._:@-], not beginning with '.' or '-'.
bool valid_id(std::string_view id);

// The first eight characters: what people see of a task id.
std::string_view short_id(std::string_view id);

// 2026-02-27T10:00:00.000Z
std::string iso_time(std::int64_t unix_ms);

// Reads an ISO-8601 date-time with zone ("...Z" or "+02:00", seconds and fraction optional), or a date (midnight UTC).
std::optional<std::int64_t> parse_iso_time(std::string_view text);

// Equal without telling by its duration where the texts differ.
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace ansible
