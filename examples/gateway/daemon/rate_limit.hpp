// How often somebody may ask.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace gateway_app {

// Counts requests per client in fixed windows. Kept in this process and bounded: clients beyond the table's size share
// one window, so that making up addresses gains nothing.
// Thread rule: one thread.
class RateLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit RateLimit(std::size_t max_clients = 4096) : max_clients_(max_clients) {}

  // Counts one request of `client`. Returns how long until it may ask again (whole seconds, at least 1) when it has
  // asked `most` times in this window already, else 0.
  std::int64_t refused_for(const std::string& client, std::uint32_t most,
                           std::chrono::seconds window, Time now);

  std::size_t clients() const { return windows_.size(); }

 private:
  struct Window {
    Time ends;
    std::uint32_t count = 0;
  };
  Window& window_of(const std::string& client, Time now);

  std::size_t max_clients_;
  std::map<std::string, Window> windows_;
  Window others_;
};

}  // namespace gateway_app
