#include "host/stop_point.hpp"

#ifdef GATEWAY_STOP_POINTS

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>

namespace gateway {

void stop_point(StopPoint point) {
  const char* variable = std::getenv("GATEWAY_STOP_AT");
  if (variable == nullptr) return;
  std::string wanted = variable;
  std::string trace;
  if (wanted.starts_with("@")) {
    std::ifstream file(wanted.substr(1));
    wanted.clear();
    file >> wanted >> trace;
  }
  const std::string_view name = kStopPoints[static_cast<std::size_t>(point)];
  if (name == wanted) std::raise(SIGKILL);
  if (wanted == "trace") std::ofstream(trace, std::ios::app) << name << '\n';
}

}  // namespace gateway

#endif
