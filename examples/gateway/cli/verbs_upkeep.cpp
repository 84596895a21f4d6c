// openclaw ansible admin distribution|cleanup-distribution|drain-distribution|backpressure, agent distribution-opt,
// capability health
#include <algorithm>
#include <array>
#include <cstdio>

#include "cli/json_text.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

using enum FlagType;

constexpr std::size_t kShownItems = 20;

constexpr std::array<Flag, 1> kPolicy = {{{"--external-mode", "external_mode", kText, true}}};
constexpr std::array<Flag, 2> kCleanup = {{
    {"--dry-run", "dry_run", kSwitch},
    {"--limit", "limit", kInteger},
}};
constexpr std::array<Flag, 3> kDrain = {{
    {"--dry-run", "dry_run", kSwitch},
    {"--limit", "limit", kInteger},
    {"--reason", "reason"},
}};
constexpr std::array<Flag, 3> kBackpressure = {{
    {"--max-concurrent", "max_concurrent", kInteger},
    {"--max-queue-depth", "max_queue_depth", kInteger},
    {"--retry-budget", "retry_budget", kInteger},
}};
constexpr std::array<Flag, 3> kOptIn = {{
    {"--id", "agent_id", kText, true},
    {"--enable", "opt_in", kSwitch, false, nullptr, "It gets skills that are distributed"},
    {"--disable", "opt_in", kSwitchOff, false, nullptr, "It gets none of them"},
}};
constexpr std::array<Flag, 2> kHealth = {{
    {"--id", "capability_id"},
    {"--since-hours", "since_hours", kInteger, false, "24"},
}};

void policy_set(Printer& print, const json::object& reply, const json::object&) {
  print.success("Distribution policy");
  print.field("external mode", text_of(reply, "externalMode"));
  print.field("previous", text_of(reply, "previousExternalMode"));
}

void walked(Printer& print, const json::object& reply, const std::string& what) {
  print.success(what + (bool_of(reply, "dryRun") ? " dry run" : "") + " complete (scanned=" +
                text_of(reply, "scanned") + ", findings=" + text_of(reply, "findings") +
                ", updated=" + text_of(reply, "updated") + ")");
  const json::array items = array_in(reply, "items");
  for (std::size_t i = 0; i < std::min(items.size(), kShownItems); ++i) {
    if (!items[i].is_object()) continue;
    const json::object& item = items[i].get_object();
    print.line("- " + text_of(item, "taskId").substr(0, 8) + " " + text_of(item, "title") +
               " \u2192 " + text_of(item, "assignedTo") + " (" + text_of(item, "reason") + ")");
  }
  const auto findings = static_cast<std::size_t>(int_of(reply, "findings"));
  if (findings > kShownItems) {
    print.line("  ... " + std::to_string(findings - kShownItems) + " more");
  }
}

void cleaned(Printer& print, const json::object& reply, const json::object&) {
  walked(print, reply, "Distribution cleanup");
}

void drained(Printer& print, const json::object& reply, const json::object&) {
  walked(print, reply, "Distribution drain");
  print.field("failure code", text_of(reply, "failureCode"));
}

void bounded(Printer& print, const json::object& reply, const json::object&) {
  const json::object now = object_in(reply, "current");
  const json::object before = object_in(reply, "previous");
  print.success("Backpressure policy");
  for (const auto& [label, name] :
       {std::pair{"max concurrent", "maxConcurrent"}, std::pair{"max queue depth", "maxQueueDepth"},
        std::pair{"retry budget", "retryBudget"}}) {
    print.field(label, text_of(now, name) + " (was " + text_of(before, name) + ")");
  }
}

void opted(Printer& print, const json::object& reply, const json::object&) {
  print.success(text_of(reply, "message"));
}

std::string percent(const json::object& health) {
  const json::value* rate = health.if_contains("successRate");
  if (rate == nullptr || !rate->is_number()) return "-";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %%", rate->to_number<double>() * 100);
  return text.data();
}

std::string seconds(const json::object& health, std::string_view name) {
  if (!health.contains(name)) return "-";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f s",
                static_cast<double>(int_of(health, name)) / 1000);
  return text.data();
}

void health_shown(Printer& print, const json::object& reply, const json::object&) {
  print.heading("Capability health, " + text_of(reply, "sinceHours") + " h (" +
                text_of(reply, "totalCapabilities") + ")");
  for (const json::value& item : array_in(reply, "capabilities")) {
    if (!item.is_object()) continue;
    const json::object& health = item.get_object();
    print.line(text_of(health, "capabilityId") + "  success=" + percent(health));
    print.field("tasks", "total=" + text_of(health, "totalTasks") +
                             " completed=" + text_of(health, "completedTasks") +
                             " failed=" + text_of(health, "failedTasks") +
                             " inFlight=" + text_of(health, "inFlightTasks"));
    print.field("p95", "accept " + seconds(health, "p95AcceptMs") + ", complete " +
                           seconds(health, "p95CompleteMs"));
    const json::object canary = object_in(health, "canary");
    if (canary.empty()) continue;
    print.field("canary", "v" + text_of(canary, "version") +
                              " completed=" + text_of(canary, "completedTasks") +
                              " failed=" + text_of(canary, "failedTasks") + " soaks until " +
                              local_time(int_of(canary, "soakUntil")) + " " +
                              text_of(canary, "verdict"));
  }
  if (array_in(reply, "capabilities").empty()) print.line("  none");
}

constexpr ToolVerb kVerbs[] = {
    {.path = "ansible admin distribution",
     .tool = "ansible_set_distribution_policy",
     .flags = kPolicy,
     .render = policy_set,
     .actor_arg = "from_agent"},
    {.path = "ansible admin cleanup-distribution",
     .tool = "ansible_cleanup_distribution_tasks",
     .flags = kCleanup,
     .render = cleaned,
     .actor_arg = "from_agent"},
    {.path = "ansible admin drain-distribution",
     .tool = "ansible_drain_distribution_tasks",
     .flags = kDrain,
     .render = drained,
     .actor_arg = "from_agent"},
    {.path = "ansible admin backpressure",
     .tool = "ansible_set_backpressure_policy",
     .flags = kBackpressure,
     .render = bounded,
     .actor_arg = "from_agent"},
    {.path = "ansible agent distribution-opt",
     .tool = "ansible_set_agent_distribution_opt_in",
     .flags = kOptIn,
     .render = opted,
     .actor_arg = "from_agent"},
    {.path = "ansible capability health",
     .tool = "ansible_capability_health_summary",
     .flags = kHealth,
     .render = health_shown,
     .actor_arg = "from_agent"},
};

}  // namespace

std::span<const ToolVerb> upkeep_verbs() { return kVerbs; }

}  // namespace gateway_app
