#include "cli/backup_name.hpp"

#include <array>
#include <ctime>
#include <filesystem>

namespace gateway_app {

std::string backup_name(const std::string& path) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  std::array<char, 32> stamp{};
  std::strftime(stamp.data(), stamp.size(), "%Y%m%d%H%M%S", &parts);
  const std::string name = path + ".bak." + stamp.data();
  std::string free = name;
  std::error_code ec;
  for (int n = 2; std::filesystem::exists(std::filesystem::symlink_status(free, ec)); ++n) {
    free = name + '.' + std::to_string(n);
  }
  return free;
}

}  // namespace gateway_app
