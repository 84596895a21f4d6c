#include "execution/host_keys.hpp"

#include <charconv>

namespace gateway::host_keys {

StoreResult<std::int64_t> committed_clock(Snapshot& snapshot) {
  auto rows = snapshot.get({&kClock, 1});
  if (!rows) return std::move(rows).error();
  std::int64_t now_ms = 0;
  if (const auto& text = rows->front().value) {
    const auto parsed = std::from_chars(text->data(), text->data() + text->size(), now_ms);
    if (parsed.ec != std::errc() || parsed.ptr != text->data() + text->size()) {
      return StoreError{GW_CORRUPT, "host/clock holds \"" + *text +
                                        "\"; expected Unix milliseconds as decimal text"};
    }
  }
  return now_ms;
}

}  // namespace gateway::host_keys
