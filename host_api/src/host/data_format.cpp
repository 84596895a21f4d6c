#include "host/data_format.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string>

namespace gateway {

Result<std::optional<std::uint32_t>> stored_format(Engine& engine) {
  auto snapshot = engine.snapshot();
  if (!snapshot) return Error{"storage", snapshot.error().message};
  return format_in(**snapshot);
}

Result<std::optional<std::uint32_t>> format_in(Snapshot& snapshot) {
  const std::string_view keys[] = {kFormatKey};
  auto rows = snapshot.get(keys);
  if (!rows) return Error{"storage", rows.error().message};
  const auto& value = rows->front().value;
  if (!value) return std::optional<std::uint32_t>();
  std::uint32_t format = 0;
  const char* end = value->data() + value->size();
  const auto [stop, error] = std::from_chars(value->data(), end, format);
  if (error != std::errc() || stop != end) {
    return Error{"storage", "the stored data format (host/format) is not a number"};
  }
  return std::optional<std::uint32_t>(format);
}

Result<void> check_readable(const Release& release, std::optional<std::uint32_t> stored) {
  if (!stored ||
      (release.data_format_read_min <= *stored && *stored <= release.data_format_read_max)) {
    return {};
  }
  return Error{"data_format",
               fmt::format("version {} reads data formats {} to {}, the store holds format {}\n"
                           "  use a version that reads format {}",
                           release.id.version, release.data_format_read_min,
                           release.data_format_read_max, *stored, *stored)};
}

Result<void> check_revertible(const Release& next, const Release& active) {
  if (active.data_format_read_min <= next.data_format_write &&
      next.data_format_write <= active.data_format_read_max) {
    return {};
  }
  return Error{
      "one_way",
      fmt::format("version {} writes data format {}, the active version {} reads {} to {}: there "
                  "would be no way back\n  deploy a version in between that reads both, or upgrade "
                  "one way, with a backup first",
                  next.id.version, next.data_format_write, active.id.version,
                  active.data_format_read_min, active.data_format_read_max)};
}

std::optional<Write> raised_format(const Release& release, std::optional<std::uint32_t> stored) {
  if (stored && *stored >= release.data_format_write) return std::nullopt;
  return Write{std::string(kFormatKey), std::to_string(release.data_format_write)};
}

}  // namespace gateway
