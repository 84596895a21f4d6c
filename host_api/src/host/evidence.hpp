// Files that a decision rests on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/executor.hpp"
#include "gateway/host.hpp"

namespace gateway {

// What spoke against a release.
struct Evidence {
  ReleaseId release;
  std::string_view phase;
  std::string reason;
  std::int64_t at_ms = 0;
  std::vector<Figure> figures;
  std::vector<FailedCall> calls;
};

// Writes <root>/evidence/<at>-<sha16>-<phase>.json (0600) and removes the oldest files beyond a
// hundred. Returns its path. Errors: io_error, no_space.
Result<std::string> write_evidence(const std::string& root, const Evidence& evidence);

}  // namespace gateway
