#include "host/stop_point.hpp"

#ifdef GATEWAY_STOP_POINTS

#include <csignal>
#include <cstdlib>
#include <string_view>

namespace gateway {

void stop_point(StopPoint point) {
  static constexpr std::string_view kNames[] = {
      "staged", "proved", "intent_written", "loaded", "flipped", "state_written", "retired"};
  const char* wanted = std::getenv("GATEWAY_STOP_AT");
  if (wanted != nullptr && kNames[static_cast<int>(point)] == wanted) std::raise(SIGKILL);
}

}  // namespace gateway

#endif
