// One go / no-go of a rollout: a number against its threshold.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace gateway_app {

namespace json = base::json;

struct Check {
  enum class Rule : unsigned char { kAtMost, kAtLeast };
  std::string name;  // "contract_vectors", ...
  double value = 0;
  Rule rule = Rule::kAtMost;
  double threshold = 0;
  std::string detail;  // what was counted; what was found when it did not pass

  bool passed() const { return rule == Rule::kAtMost ? value <= threshold : value >= threshold; }
};
using Checks = std::vector<Check>;

Check at_most(std::string name, double value, double threshold, std::string detail = "");
Check at_least(std::string name, double value, double threshold, std::string detail = "");
// Something that has to be so: 1 of 1.
Check holds(std::string name, bool so, std::string detail = "");

bool all_passed(const Checks& checks);

// "contract_vectors 11 (at least 12): already_escalated: ..." of those that did not pass, one a line.
std::string failures_of(const Checks& checks);

// "contract vectors 12 (at least 12)"; of something that has to be so, and is, its name alone.
std::string check_text(const Check& check);

// {name, value, rule: "at_most" | "at_least", threshold, passed, detail}
json::object to_json(const Check& check);
Check check_from_json(const json::object& from);

}  // namespace gateway_app
