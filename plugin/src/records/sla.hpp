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

// What was done about a breach (SLA-3).
struct BreachOutcome {
  std::int64_t at = 0;
  std::string reason;  // notified | record_only | no_targets | message_budget_exhausted
  std::vector<std::string> notified_agents;
  std::optional<std::int64_t> notified_at;  // SLA-7: became notified later
  bool resolved_before_notice = false;      // SLA-9
};

struct WindowState {
  std::optional<std::int64_t> due_at;        // "acceptByAt" ...
  std::optional<std::int64_t> escalated_at;  // "escalations.acceptAt" ...
  std::optional<BreachOutcome> outcome;      // "escalationOutcomes.accept" ...
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
};

// {acceptByAt?, progressByAt?, completeByAt?, lastProgressAt?, stalled?, breached?, escalations{}, escalationOutcomes{}}
json::object to_json(const SlaRecord& record);
SlaRecord sla_from_json(const json::object& from);

}  // namespace ansible
