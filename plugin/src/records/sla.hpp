// A task's SLA state: small, beside the task document (storage.md, "Keys").
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace ansible {

namespace json = base::json;

enum class Window : std::uint8_t { kAccept, kProgress, kComplete };
inline constexpr std::array<Window, 3> kWindows = {Window::kAccept, Window::kProgress,
                                                   Window::kComplete};
std::string_view to_text(Window window);  // "accept" | "progress" | "complete"
std::optional<Window> window_from_text(std::string_view text);

// What was done about a breach (SLA-3): the machine contract of BreachOutcome::reason.
namespace breach_reason {
inline constexpr std::string_view kNotified = "notified";
inline constexpr std::string_view kRecordOnly = "record_only";
inline constexpr std::string_view kNoTargets = "no_targets";
inline constexpr std::string_view kHeldBack = "message_budget_exhausted";
}  // namespace breach_reason

struct BreachOutcome {
  std::int64_t at = 0;
  std::string reason;  // one of breach_reason
  std::vector<std::string> notified_agents{};
  std::optional<std::int64_t> notified_at{};  // SLA-7: became notified later
  bool resolved_before_notice = false;        // SLA-9

  // Held back by the message budget and not settled yet: it has an entry in the waiting index
  // (SLA-7).
  bool waiting() const;
  bool operator==(const BreachOutcome&) const = default;
};

// {at, reason, notifiedAgents, notifiedAt?, resolvedBeforeNotice?}
json::object to_json(const BreachOutcome& outcome);

struct WindowState {
  std::optional<std::int64_t> due_at;        // "acceptByAt" ...
  std::optional<std::int64_t> escalated_at;  // "escalations.acceptAt" ...
  std::optional<BreachOutcome> outcome;      // "escalationOutcomes.accept" ...
  bool operator==(const WindowState&) const = default;
};

// Shown as metadata.ansible.sla of the task.
struct SlaRecord {
  std::array<WindowState, 3> windows;  // indexed by Window
  std::optional<std::int64_t> last_progress_at;
  bool stalled = false;   // SLA-4
  bool breached = false;  // SLA-4

  WindowState& operator[](Window w) { return windows[static_cast<std::size_t>(w)]; }
  const WindowState& operator[](Window w) const { return windows[static_cast<std::size_t>(w)]; }
  bool empty() const;  // no window, nothing recorded
  bool operator==(const SlaRecord&) const = default;
};

// {acceptByAt?, progressByAt?, completeByAt?, lastProgressAt?, stalled?, breached?, escalations{},
// escalationOutcomes{}}
json::object to_json(const SlaRecord& record);
SlaRecord sla_from_json(const json::object& from);

}  // namespace ansible
