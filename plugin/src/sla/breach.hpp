// What a breach is and what is decided about it: the rules alone, without a store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "records/message.hpp"
#include "records/sla.hpp"
#include "records/task.hpp"

namespace ansible {

// A breach as results and notices show it.
struct Breach {
  std::string task_id;
  std::optional<std::string> title{};  // always there for stored tasks
  Window window = Window::kAccept;
  std::int64_t due_at = 0;
  std::string status{};
};

// {taskId, title?, breachType, dueAt, status}
json::object to_json(const Breach& breach);
Breach breach_from_json(const json::object& from);

// By dueAt, task id, then accept, progress, complete (SLA-11).
bool operator<(const Breach& a, const Breach& b);

// Windows of the record that apply, have passed (strictly) and were not escalated yet (SLA-3),
// earliest first.
std::vector<Window> breached_windows(const SlaRecord& record, TaskStatus status,
                                     std::int64_t now_ms);

// The creator and the claimer without duplicates and empty ones, in that order (SLA-5).
std::vector<std::string> principals(const std::optional<std::string>& creator,
                                    const std::optional<std::string>& claimer);

// What is done about a breach found now, and what it takes from the budget: all targets or none
// (SLA-3, 6, 10).
struct Decision {
  std::string_view reason;  // breach_reason
  bool notify = false;      // send one message to each target
};
Decision decide(const std::vector<std::string>& targets, bool record_only, std::int64_t& budget);

// The notice to one target, without id and timestamp.
Message breach_notice(const Breach& breach, const std::string& from_node,
                      const std::string& target);

// One message for many breaches (SLA-8); `breaches` are the first of `total`.
Message digest_notice(const std::vector<Breach>& breaches, std::int64_t total,
                      const std::string& from_node, const std::string& target);

}  // namespace ansible
