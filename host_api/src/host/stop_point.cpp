#include "host/stop_point.hpp"

#ifdef GATEWAY_STOP_POINTS

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

namespace gateway {

void stop_point(StopPoint point) {
  static constexpr std::string_view kNames[] = {
      "staged",  "proved",        "kept",    "backed_up", "intent_written", "loaded",
      "flipped", "state_written", "retired", "migrated",  "watch_over",     "marked_good"};
  const char* variable = std::getenv("GATEWAY_STOP_AT");
  if (variable == nullptr) return;
  std::string wanted = variable;
  if (wanted.starts_with("@")) {
    std::ifstream file(wanted.substr(1));
    wanted.clear();
    file >> wanted;
  }
  if (kNames[static_cast<int>(point)] == wanted) std::raise(SIGKILL);
}

}  // namespace gateway

#endif
