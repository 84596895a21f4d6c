#include "daemon/rate_limit.hpp"

#include <algorithm>

namespace gateway_app {

RateLimit::Window& RateLimit::window_of(const std::string& client, Time now) {
  const auto known = windows_.find(client);
  if (known != windows_.end()) return known->second;
  if (windows_.size() >= max_clients_) {
    std::erase_if(windows_, [now](const auto& entry) { return entry.second.ends <= now; });
  }
  return windows_.size() < max_clients_ ? windows_[client] : others_;
}

std::int64_t RateLimit::refused_for(const std::string& client, std::uint32_t most,
                                    std::chrono::seconds window, Time now) {
  Window& current = window_of(client, now);
  if (current.ends <= now) current = {now + window, 0};
  if (current.count >= most) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(current.ends - now);
    return std::max<std::int64_t>(left.count(), 1);
  }
  ++current.count;
  return 0;
}

}  // namespace gateway_app
