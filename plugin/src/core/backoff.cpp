#include "core/backoff.hpp"

#include <algorithm>
#include <array>

namespace ansible {
namespace {

constexpr std::int64_t kFirstMs = 2'000;
constexpr std::int64_t kLongestMs = 300'000;

}  // namespace

std::int64_t backoff_ms(Transaction& txn, std::string_view label, std::int64_t failures) {
  std::int64_t base = kFirstMs;
  for (std::int64_t n = 1; n < failures && base < kLongestMs; ++n) base *= 2;
  base = std::min(base, kLongestMs);
  std::array<std::uint8_t, 4> random{};
  txn.random(label, random);
  std::int64_t draw = 0;
  for (const std::uint8_t byte : random) draw = draw * 256 + byte;
  const std::int64_t fifth = base / 5;
  return base - fifth + draw % (2 * fifth + 1);
}

}  // namespace ansible
