#include "cli/canary_text.hpp"

#include <fmt/format.h>

#include "cli/json_text.hpp"

namespace gateway_app {
namespace {

namespace json = base::json;

double number_of(const json::object& object, std::string_view key) {
  const json::value* v = object.if_contains(key);
  boost::system::error_code error;
  return v != nullptr && v->is_number() ? v->to_number<double>(error) : 0;
}

// A rule's value against its threshold, in the unit that people read.
std::string measure_text(const json::object& measure) {
  const std::string rule = text_of(measure, "rule");
  const double value = number_of(measure, "value");
  const double most = number_of(measure, "threshold");
  const char* mark = bool_of(measure, "broken") ? "!" : "";
  if (rule == "internal_error_rate") {
    return fmt::format("{}errors {:.2f}% (max {:.2f}%)", mark, value * 100, most * 100);
  }
  if (rule == "p99_us") {
    return fmt::format("{}p99 {:.1f} ms (max {:.1f})", mark, value / 1000, most / 1000);
  }
  std::string name = rule;
  for (char& c : name) {
    if (c == '_') c = ' ';
  }
  return fmt::format("{}{} {:.0f} (max {:.0f})", mark, name, value, most);
}

// Rules that count, and counted nothing, are not worth their room.
bool worth_telling(const json::object& measure) {
  const std::string rule = text_of(measure, "rule");
  return rule == "internal_error_rate" || rule == "p99_us" || number_of(measure, "value") > 0;
}

}  // namespace

std::string canary_line(const json::object& canary) {
  const json::object verdict = object_in(canary, "verdict");
  const json::object candidate = object_in(object_in(canary, "counters"), "candidate");
  std::string line = fmt::format(
      "{}{}  {}/{} s  samples {}/{}  share {}%", text_of(canary, "stage"),
      bool_of(canary, "paused") ? " (paused)" : "", int_of(canary, "stageElapsedMs") / 1000,
      int_of(canary, "stageLeastMs") / 1000, int_of(candidate, "calls"),
      int_of(verdict, "neededSamples"), int_of(canary, "sharePercent"));
  for (const json::value& measure : array_in(verdict, "measures")) {
    if (!measure.is_object() || !worth_telling(measure.get_object())) continue;
    line += "  " + measure_text(measure.get_object());
  }
  return line;
}

std::string canary_ending(const json::object& canary) {
  const json::object verdict = object_in(canary, "verdict");
  const std::string outcome = text_of(canary, "outcome");
  const std::string candidate = text_of(object_in(canary, "candidate"), "version");
  if (outcome == "promoted") return "promoted and marked good: version " + candidate;
  std::string text =
      fmt::format("{} in {}: version {}", outcome == "rolled_back" ? "rolled back" : outcome,
                  text_of(canary, "stage"), candidate);
  const std::string reason = text_of(verdict, "reason");
  if (!reason.empty()) text += "\n  " + reason;
  if (outcome == "rolled_back") {
    text += "\n  its digest is quarantined; version " +
            text_of(object_in(canary, "active"), "version") + " serves";
  } else {
    text += "\n  it is not quarantined; version " +
            text_of(object_in(canary, "active"), "version") + " serves";
  }
  const std::string evidence = text_of(canary, "evidence");
  if (!evidence.empty()) text += "\n  evidence: " + evidence;
  return text;
}

gateway::AllowedDifference allowed_difference(const std::string& text) {
  const auto colon = text.find(":/");  // a sweep is "sweep:<name>"
  if (colon == std::string::npos) return {text, ""};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace gateway_app
