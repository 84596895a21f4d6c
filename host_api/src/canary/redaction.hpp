// What must not be shown of replies and records.
#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"

namespace gateway {

inline constexpr std::string_view kRedacted = "[REDACTED]";

// True for the name of a member, or a pointer or key with such a part, whose value is taken for a secret: "agent_token",
// "tokenHash", "password", ...
bool names_a_secret(std::string_view name);

// `text` with kRedacted in place of what looks like a token, digest or key: a known prefix (at_, ait_, whsec_, gw_, sk-,
// ghp_), or a long run of letters and digits. Ids with dashes stay.
std::string redacted_text(std::string_view text);

// The same of all texts in `value`, names of members included, and of all below a member that names a secret.
base::json::value redacted(const base::json::value& value);

}  // namespace gateway
