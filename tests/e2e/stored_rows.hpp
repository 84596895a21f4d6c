// What a gateway has stored, read beside it: for tests that a refusal wrote nothing.
#pragma once

#include <map>
#include <string>

#include "e2e/installation.hpp"

namespace e2e {

using Rows = std::map<std::string, std::string>;

// What agents have stored, without what a gateway writes by itself (its pulse, its lock sweep, its last prune).
Rows stored_rows(const Installation& gw);

// The keys that `after` has with another value than `before`, or that only one of them has.
std::vector<std::string> changed_keys(const Rows& before, const Rows& after);

// A gateway that stores nothing of its own accord.
Options quiet();

}  // namespace e2e
