// Options and positionals that take any number of texts.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace gateway_app {

// Adds the option `names` (a name without dashes: a positional) that collects its values in `into`, each exactly as
// it was given. An option takes one value each time that it is given, a positional all words that are left.
//
// Why not add_option(names, into): CLI11 takes a value "[a,b]" of a list apart, and an "[]" for no value at all, so
// that the option swallows the next word. That is of use in its configuration files, which we do not have.
CLI::Option* add_list(CLI::App& command, const std::string& names, std::vector<std::string>& into,
                      const std::string& help);

}  // namespace gateway_app
