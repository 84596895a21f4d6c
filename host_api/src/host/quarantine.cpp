#include "host/quarantine.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

namespace gateway {
namespace {

std::string utc(std::int64_t ms) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(ms / 1000)));
}

}  // namespace

Result<void> check_quarantine(const BootState& state, const ReleaseId& release) {
  const Quarantine* why = state.quarantined(release.sha256);
  if (why == nullptr) return {};
  const std::string& version = state.mark(release.sha256)->release.version;
  return Error{"quarantined", fmt::format("{}{} is quarantined by the {} since {}: {}\n"
                                          "  deploy another build, or lift the quarantine first",
                                          version.empty() ? "" : "version " + version + ", ",
                                          "digest " + release.sha256.substr(0, 16), why->by,
                                          utc(why->since_ms), why->reason)};
}

}  // namespace gateway
