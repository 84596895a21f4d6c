#include "rollout/check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "rollout/fields.hpp"

namespace gateway_app {

Check at_most(std::string name, double value, double threshold, std::string detail) {
  return {std::move(name), value, Check::Rule::kAtMost, threshold, std::move(detail)};
}

Check at_least(std::string name, double value, double threshold, std::string detail) {
  return {std::move(name), value, Check::Rule::kAtLeast, threshold, std::move(detail)};
}

Check holds(std::string name, bool so, std::string detail) {
  return at_least(std::move(name), so ? 1 : 0, 1, std::move(detail));
}

bool all_passed(const Checks& checks) {
  return std::all_of(checks.begin(), checks.end(), [](const Check& c) { return c.passed(); });
}

std::string check_text(const Check& check) {
  std::string name = check.name;
  std::replace(name.begin(), name.end(), '_', ' ');
  const bool yes_or_no = check.rule == Check::Rule::kAtLeast && check.threshold == 1;
  if (yes_or_no && check.value == 1) return name;
  return fmt::format("{} {:g} ({} {:g})", name, check.value,
                     check.rule == Check::Rule::kAtMost ? "at most" : "at least", check.threshold);
}

std::string failures_of(const Checks& checks) {
  std::string text;
  for (const Check& check : checks) {
    if (check.passed()) continue;
    if (!text.empty()) text += '\n';
    text += check_text(check);
    if (!check.detail.empty()) text += ": " + check.detail;
  }
  return text;
}

json::object to_json(const Check& check) {
  return {{"name", check.name},
          {"value", check.value},
          {"rule", check.rule == Check::Rule::kAtMost ? "at_most" : "at_least"},
          {"threshold", check.threshold},
          {"passed", check.passed()},
          {"detail", check.detail}};
}

Check check_from_json(const json::object& from) {
  Check check;
  check.name = fields::text(from, "name");
  check.value = fields::number(from, "value");
  check.rule =
      fields::text(from, "rule") == "at_least" ? Check::Rule::kAtLeast : Check::Rule::kAtMost;
  check.threshold = fields::number(from, "threshold");
  check.detail = fields::text(from, "detail");
  return check;
}

}  // namespace gateway_app
