#include "sla/breach.hpp"

#include <algorithm>
#include <tuple>

#include "core/fields.hpp"
#include "core/ids.hpp"
#include "sla/sla_book.hpp"

namespace ansible {
namespace {

constexpr std::string_view kIntent = "task_sla_breached";
constexpr std::size_t kDigestLines = 20;  // of a digest's text; its metadata has more

std::string what_passed(Window window) {
  switch (window) {
    case Window::kAccept:
      return "nobody has claimed it";
    case Window::kProgress:
      return "no progress was reported";
    case Window::kComplete:
      return "it is not completed";
  }
  return {};
}

std::string line(const Breach& breach) {
  return '[' + std::string(short_id(breach.task_id)) + "] " + breach.title.value_or("(no title)") +
         ": " + what_passed(breach.window) + ", " + std::string(to_text(breach.window)) +
         " was due " + iso_time(breach.due_at) + " (status " + breach.status + ')';
}

Message notice(const std::string& from_node, const std::string& target) {
  Message message;
  message.from_agent = from_node;
  message.from_node = from_node;
  message.intent = std::string(kIntent);
  message.to_agents = {target};
  return message;
}

}  // namespace

json::object to_json(const Breach& breach) {
  json::object out{{"taskId", breach.task_id}};
  set_field(out, "title", breach.title);
  out["breachType"] = to_text(breach.window);
  out["dueAt"] = breach.due_at;
  out["status"] = breach.status;
  return out;
}

Breach breach_from_json(const json::object& from) {
  return {
      .task_id = text_field(from, "taskId").value_or(""),
      .title = text_field(from, "title"),
      .window =
          window_from_text(text_field(from, "breachType").value_or("")).value_or(Window::kAccept),
      .due_at = int_field(from, "dueAt").value_or(0),
      .status = text_field(from, "status").value_or("")};
}

bool operator<(const Breach& a, const Breach& b) {
  return std::tie(a.due_at, a.task_id, a.window) < std::tie(b.due_at, b.task_id, b.window);
}

std::vector<Window> breached_windows(const SlaRecord& record, TaskStatus status,
                                     std::int64_t now_ms) {
  std::vector<Window> out;
  for (const Window window : kWindows) {
    const WindowState& state = record[window];
    if (!window_applies(window, status) || state.escalated_at) continue;
    if (state.due_at && now_ms > *state.due_at) out.push_back(window);
  }
  std::stable_sort(out.begin(), out.end(),
                   [&](Window a, Window b) { return *record[a].due_at < *record[b].due_at; });
  return out;
}

std::vector<std::string> principals(const std::optional<std::string>& creator,
                                    const std::optional<std::string>& claimer) {
  std::vector<std::string> out;
  for (const auto& agent : {creator, claimer}) {
    if (agent && !agent->empty() && std::find(out.begin(), out.end(), *agent) == out.end()) {
      out.push_back(*agent);
    }
  }
  return out;
}

Decision decide(const std::vector<std::string>& targets, bool record_only, std::int64_t& budget) {
  if (record_only) return {breach_reason::kRecordOnly};
  if (targets.empty()) return {breach_reason::kNoTargets};
  const auto needed = static_cast<std::int64_t>(targets.size());
  if (needed > budget) return {breach_reason::kHeldBack};
  budget -= needed;
  return {breach_reason::kNotified, true};
}

Message breach_notice(const Breach& breach, const std::string& from_node,
                      const std::string& target) {
  Message message = notice(from_node, target);
  message.content = "SLA breach: " + line(breach);
  message.metadata = {
      {"kind", kIntent},        {"taskId", breach.task_id}, {"breachType", to_text(breach.window)},
      {"dueAt", breach.due_at}, {"status", breach.status},  {"corr", breach.task_id}};
  return message;
}

Message digest_notice(const std::vector<Breach>& breaches, std::int64_t total,
                      const std::string& from_node, const std::string& target) {
  Message message = notice(from_node, target);
  message.content = "SLA breaches that concern you: " + std::to_string(total);
  json::array listed;
  for (const Breach& breach : breaches) {
    if (listed.size() < kDigestLines) message.content += "\n- " + line(breach);
    listed.push_back(to_json(breach));
  }
  if (total > static_cast<std::int64_t>(kDigestLines)) {
    message.content += "\n... metadata.breaches lists the first " + std::to_string(listed.size());
  }
  message.metadata = {{"kind", "sla_digest"}, {"breaches", std::move(listed)}, {"total", total}};
  return message;
}

}  // namespace ansible
