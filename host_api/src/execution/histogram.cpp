#include "gateway/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace gateway {

void Histogram::add(std::uint64_t us) {
  const auto bucket = us <= 1 ? 0u : static_cast<unsigned>(std::bit_width(us - 1));
  ++counts[std::min<std::size_t>(bucket, kBuckets - 1)];
  ++total;
  sum_us += us;
}

std::uint64_t Histogram::percentile_us(double p) const {
  if (total == 0) return 0;
  const double share = std::clamp(p, 0.0, 100.0) / 100.0;
  const auto rank = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts[i];
    if (seen >= rank) return std::uint64_t{1} << i;
  }
  return std::uint64_t{1} << (kBuckets - 1);
}

}  // namespace gateway
