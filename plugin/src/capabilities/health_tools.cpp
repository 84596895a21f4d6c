// ansible_capability_health_summary (reference 4.9).
#include <array>
#include <utility>

#include "actors/actor.hpp"
#include "capabilities/capability_store.hpp"
#include "capabilities/health.hpp"
#include "core/fields.hpp"
#include "tools/acting.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDefaultHours = 24;

constexpr std::array<Param, 4> kParams = {{
    {.name = "capability_id",
     .type = kString,
     .description = "Only this capability",
     .max_length = 160},
    {.name = "since_hours",
     .type = kInteger,
     .description = "Tasks created in so many hours: 1 to 720, default 24",
     .min = 1,
     .max = 720,
     .clamped = true},
    acting_agent("from_agent"),
    kAgentToken,
}};

json::object canary_view(Transaction& txn, const CapabilityCanary& canary) {
  const Soak soak = soak_of(txn, canary);
  json::object out = to_json(canary);
  out.erase("capabilityId");
  out["completedTasks"] = soak.completed;
  out["failedTasks"] = soak.failed;
  return out;
}

json::object view(Context& context, const std::string& capability, const Health& health,
                  std::int64_t hours) {
  json::object out{{"capabilityId", capability},   {"windowHours", hours},
                   {"totalTasks", health.total},   {"completedTasks", health.completed},
                   {"failedTasks", health.failed}, {"inFlightTasks", health.in_flight()}};
  if (const auto rate = health.success_rate()) out["successRate"] = *rate;
  set_field(out, "p95AcceptMs", p95(health.accept));
  set_field(out, "p95CompleteMs", p95(health.complete));
  out["samples"] =
      json::object{{"accept", samples(health.accept)}, {"complete", samples(health.complete)}};
  if (const auto canary = load_canary(context.txn, capability)) {
    out["canary"] = canary_view(context.txn, *canary);
  }
  return out;
}

// The one that was asked for, or every capability that had tasks.
ToolResult summary(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  const std::int64_t hours = args.integer("since_hours").value_or(kDefaultHours);
  const std::int64_t since = context.now_ms - hours * kHourMs;
  const auto wanted = args.text("capability_id");
  json::array capabilities;
  if (wanted) {
    if (!load_revision(context.txn, *wanted)) {
      return Error{code::kNotFound, "capability '" + *wanted +
                                        "' was never published; ansible_list_capabilities shows "
                                        "which were"};
    }
    capabilities.push_back(
        view(context, *wanted, health_since(context.txn, *wanted, since), hours));
  } else {
    for (const RevisionRecord& revision : all_revisions(context.txn)) {
      const std::string& id = revision.capability_id;
      const Health health = health_since(context.txn, id, since);
      if (health.total > 0) capabilities.push_back(view(context, id, health, hours));
    }
  }
  const std::size_t total = capabilities.size();
  return json::object{{"sinceHours", hours},
                      {"totalCapabilities", total},
                      {"capabilities", std::move(capabilities)}};
}

constexpr std::array<Tool, 1> kTools = {{
    {.name = "ansible_capability_health_summary",
     .description = "Show how capabilities fare: tasks, successes, and how long they took",
     .params = kParams,
     .handler = summary,
     .read_only = true},
}};

}  // namespace

std::span<const Tool> health_tools() { return kTools; }

}  // namespace ansible
