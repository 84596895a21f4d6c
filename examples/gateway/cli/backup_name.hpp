// How a copy of something that is about to be replaced is called.
#pragma once

#include <string>

namespace gateway_app {

// "<path>.bak.20261123140500", the local time now; ".2" and so on after it while something of that name is there.
std::string backup_name(const std::string& path);

}  // namespace gateway_app
