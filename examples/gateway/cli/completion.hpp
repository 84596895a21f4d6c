// Shell completion, made from the commands themselves.
#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace gateway_app {

// A script for `shell` ("bash", "zsh" or "fish") that completes verbs and flags; empty for another shell.
std::string completion_script(const CLI::App& root, std::string_view shell);

}  // namespace gateway_app
