// Where two releases' answers to the same question differ.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "canary/wire.hpp"
#include "gateway/canary.hpp"

namespace gateway {

struct Mismatch {
  Difference kind = Difference::kReply;  // reply, writes or status
  std::vector<std::string> pointers;     // into the compared document, at most kMaxPointers

  static constexpr std::size_t kMaxPointers = 20;
};

// Who answered. A text that names the release itself (its version or build) on both sides is no difference.
struct Sides {
  ReleaseId active;
  ReleaseId candidate;
};

// Compares status, reply and write set as canonical JSON; bytes that are no JSON are compared as they are. `tool` is
// what the allow-list calls it.
// Thread rule: any.
std::vector<Mismatch> compare(const wire::Answer& active, const wire::Answer& candidate,
                              const Sides& sides, std::string_view tool,
                              std::span<const AllowedDifference> allow);

// {"status": ..., "reply": ..., "writes": {...}}: what is compared, for people.
std::string document_of(const wire::Answer& answer);

}  // namespace gateway
