#include "records/sla.hpp"

#include <algorithm>

#include "core/fields.hpp"

namespace ansible {
namespace {

// The window's members in the reference's shape: acceptByAt, escalations.acceptAt,
// escalationOutcomes.accept.
std::string due_name(Window window) { return std::string(to_text(window)) + "ByAt"; }
std::string escalated_name(Window window) { return std::string(to_text(window)) + "At"; }

}  // namespace

std::string_view to_text(Window window) {
  switch (window) {
    case Window::kAccept:
      return "accept";
    case Window::kProgress:
      return "progress";
    case Window::kComplete:
      return "complete";
  }
  return "accept";
}

std::optional<Window> window_from_text(std::string_view text) {
  for (const Window window : kWindows) {
    if (to_text(window) == text) return window;
  }
  return std::nullopt;
}

bool BreachOutcome::waiting() const {
  return reason == breach_reason::kHeldBack && !resolved_before_notice;
}

bool SlaRecord::empty() const {
  return !last_progress_at && !stalled && !breached &&
         std::none_of(windows.begin(), windows.end(),
                      [](const WindowState& w) { return w.due_at || w.escalated_at || w.outcome; });
}

json::object to_json(const BreachOutcome& outcome) {
  json::object out{{"at", outcome.at},
                   {"reason", outcome.reason},
                   {"notifiedAgents", to_array(outcome.notified_agents)}};
  set_field(out, "notifiedAt", outcome.notified_at);
  if (outcome.resolved_before_notice) out["resolvedBeforeNotice"] = true;
  return out;
}

json::object to_json(const SlaRecord& record) {
  json::object out;
  json::object escalations;
  json::object outcomes;
  for (const Window window : kWindows) {
    const WindowState& state = record[window];
    set_field(out, due_name(window), state.due_at);
    set_field(escalations, escalated_name(window), state.escalated_at);
    if (state.outcome) outcomes[to_text(window)] = to_json(*state.outcome);
  }
  set_field(out, "lastProgressAt", record.last_progress_at);
  if (record.stalled) out["stalled"] = true;
  if (record.breached) out["breached"] = true;
  out["escalations"] = std::move(escalations);
  out["escalationOutcomes"] = std::move(outcomes);
  return out;
}

SlaRecord sla_from_json(const json::object& from) {
  SlaRecord record;
  const json::object escalations = object_field(from, "escalations");
  const json::object outcomes = object_field(from, "escalationOutcomes");
  for (const Window window : kWindows) {
    WindowState& state = record[window];
    state.due_at = int_field(from, due_name(window));
    state.escalated_at = int_field(escalations, escalated_name(window));
    const json::value* outcome = outcomes.if_contains(to_text(window));
    if (outcome == nullptr || !outcome->is_object()) continue;
    const json::object& o = outcome->get_object();
    state.outcome = BreachOutcome{
        .at = int_field(o, "at").value_or(0),
        .reason = text_field(o, "reason").value_or(""),
        .notified_agents = texts_field(o, "notifiedAgents"),
        .notified_at = int_field(o, "notifiedAt"),
        .resolved_before_notice = bool_field(o, "resolvedBeforeNotice").value_or(false)};
  }
  record.last_progress_at = int_field(from, "lastProgressAt");
  record.stalled = bool_field(from, "stalled").value_or(false);
  record.breached = bool_field(from, "breached").value_or(false);
  return record;
}

}  // namespace ansible
