// Reading the members of the host's own JSON files. Include in .cpp files only.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "base/json.hpp"
#include "gateway/instance.hpp"

namespace gateway::fields {

inline std::optional<std::string> text(const base::json::value& v, std::string_view key) {
  const auto* member = base::json::find(v, key);
  if (member == nullptr || !member->is_string()) return std::nullopt;
  return std::string(member->get_string());
}

inline std::optional<std::int64_t> integer(const base::json::value& v, std::string_view key) {
  const auto* member = base::json::find(v, key);
  if (member == nullptr || !member->is_int64()) return std::nullopt;
  return member->get_int64();
}

inline std::optional<std::uint32_t> small(const base::json::value& v, std::string_view key) {
  const auto n = integer(v, key);
  if (!n || *n < 0 || *n > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*n);
}

inline bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// The members version, buildId and sha256.
inline std::optional<ReleaseId> release_id(const base::json::value& v) {
  const auto version = text(v, "version");
  const auto build_id = text(v, "buildId");
  const auto sha256 = text(v, "sha256");
  if (!version || !build_id || !sha256 || !is_sha256(*sha256)) return std::nullopt;
  return ReleaseId{*version, *build_id, *sha256};
}

inline base::json::object object_of(const ReleaseId& id) {
  return {{"version", id.version}, {"buildId", id.build_id}, {"sha256", id.sha256}};
}

}  // namespace gateway::fields
