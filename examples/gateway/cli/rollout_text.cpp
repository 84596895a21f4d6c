#include "cli/rollout_text.hpp"

#include <fmt/format.h>

#include <string_view>

#include "cli/canary_text.hpp"
#include "cli/json_text.hpp"
#include "rollout/check.hpp"

namespace gateway_app {
namespace {

struct PhaseName {
  const char* phase;
  const char* shown;
};
constexpr PhaseName kNames[] = {
    {"preflight", "0 preflight"}, {"canary", "1 canary"}, {"lifecycle", "2 lifecycle"},
    {"expand", "3 expand"},       {"done", "done"},       {"rollback", "rollback"},
};

std::string shown_name(const std::string& phase) {
  for (const PhaseName& name : kNames) {
    if (phase == name.phase) return name.shown;
  }
  return phase;
}

std::string time_text(const json::object& phase) {
  const std::int64_t from = int_of(phase, "startedMs");
  const std::int64_t to = int_of(phase, "endedMs");
  return from > 0 && to > 0 ? fmt::format("{:.1f} s", static_cast<double>(to - from) / 1000) : "";
}

// Several on a line, as many as fit; below the phase's own line.
std::string gates_text(const json::object& phase) {
  constexpr std::size_t kWidth = 96;
  constexpr std::string_view kIndent = "\n    ";
  std::string text;
  std::size_t column = kWidth;
  for (const json::value& item : array_in(phase, "checks")) {
    if (!item.is_object()) continue;
    const Check check = check_from_json(item.get_object());
    const std::string gate = (check.passed() ? "" : "! ") + check_text(check);
    const bool fits = column + 2 + gate.size() <= kWidth;
    if (!text.empty()) text += ',';
    text += fits ? " " : kIndent;
    text += gate;
    column = fits ? column + 2 + gate.size() : kIndent.size() + gate.size();
  }
  return text;
}

std::string phase_line(const json::object& rollout, const json::object& phase) {
  std::string line = fmt::format("{:<12} {:<8} {:>8}", shown_name(text_of(phase, "phase")),
                                 text_of(phase, "state"), time_text(phase));
  const json::object canary = object_in(rollout, "canary");
  if (text_of(phase, "state") == "running" && !canary.empty()) {
    line += "  " + canary_line(canary);
  }
  const std::string note = text_of(phase, "note");
  if (!note.empty()) line += "\n    " + note;
  return line + gates_text(phase);
}

bool worth_a_line(const json::object& phase) {
  return text_of(phase, "phase") != "rollback" || int_of(phase, "startedMs") > 0;
}

std::string version_of(const json::object& rollout, const char* member) {
  return text_of(object_in(rollout, member), "version");
}

}  // namespace

std::string rollout_title(const json::object& rollout) {
  std::string to = version_of(rollout, "to");
  if (to.empty()) to = text_of(object_in(rollout, "plan"), "what");
  return fmt::format("{} -> {} ({}), rollout {}", version_of(rollout, "from"), to,
                     text_of(rollout, "state"), text_of(rollout, "id"));
}

std::vector<std::string> rollout_lines(const json::object& rollout) {
  std::vector<std::string> lines;
  for (const json::value& item : array_in(rollout, "phases")) {
    if (!item.is_object() || !worth_a_line(item.get_object())) continue;
    lines.push_back(phase_line(rollout, item.get_object()));
  }
  return lines;
}

std::string rollout_progress(const json::object& rollout) {
  const std::string step = text_of(rollout, "step");
  for (const json::value& item : array_in(rollout, "phases")) {
    if (!item.is_object() || text_of(item.get_object(), "state") != "running") continue;
    std::string line = shown_name(text_of(item.get_object(), "phase")) + " (" + step + ")";
    if (bool_of(rollout, "paused")) line += " paused";
    const json::object canary = object_in(rollout, "canary");
    return canary.empty() ? line : line + "  " + canary_line(canary);
  }
  return text_of(rollout, "state");
}

std::string rollout_ending(const json::object& rollout) {
  const std::string outcome = text_of(rollout, "outcome");
  const std::string to = version_of(rollout, "to");
  const std::string from = version_of(rollout, "from");
  const std::string command = text_of(rollout, "enableCommand");
  const std::string report = "\n  report: openclaw rollout report " + text_of(rollout, "id");
  if (outcome == "promoted") {
    std::string text = "promoted and marked good: version " + to;
    text += command.empty() ? "\n  notifications are on"
                            : "\n  notifications are off; turn them on with: " + command;
    return text + report;
  }
  std::string text = outcome == "rolled_back" ? "rolled back" : outcome;
  text += ": version " + (to.empty() ? text_of(object_in(rollout, "plan"), "what") : to) +
          "; version " + from + " serves";
  const std::string reason = text_of(rollout, "reason");
  if (!reason.empty()) text += "\n  " + reason;
  if (bool_of(rollout, "quarantine")) text += "\n  its digest is quarantined";
  if (!command.empty()) text += "\n  breaches are recorded only; notify again with: " + command;
  return text + report;
}

}  // namespace gateway_app
