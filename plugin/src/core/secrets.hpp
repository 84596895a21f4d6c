// Finding and hiding secrets that people paste where they do not belong (reference 4.4, CAP-15).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace ansible {

namespace json = base::json;

struct SecretFinding {
  std::string path;       // "provenance.note", "skills[2].text"
  std::string_view code;  // "sensitive_field_name", "private_key_pem", "github_pat", ...
};

// Looks through every member of `value`, at most `most` findings. `skipped` are paths that may hold such text (a
// manifest's checksum and signature).
std::vector<SecretFinding> find_secrets(const json::value& value, std::size_t most,
                                        const std::vector<std::string_view>& skipped = {});

// The same value with "[REDACTED]" in place of what find_secrets would find, and texts over 4,000 characters cut to
// that and completed by an ellipsis.
json::value redacted(const json::value& value);

}  // namespace ansible
