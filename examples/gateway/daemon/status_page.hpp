// GET /: a page for whoever opens the port in a browser.
#pragma once

#include <string>

#include "daemon/runtime.hpp"

namespace gateway_app {

// One HTML page without scripts and external assets. It says what is running and how to ask more, and nothing that needs
// the token: no tasks, no agents, no paths.
std::string status_page(Runtime& runtime);

}  // namespace gateway_app
