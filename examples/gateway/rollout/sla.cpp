#include "rollout/sla.hpp"

#include <algorithm>

#include "rollout/fields.hpp"

namespace gateway_app {
namespace {

constexpr std::int64_t kSafeEverySeconds = 300;
constexpr std::int64_t kSafeMessages = 3;
constexpr const char* kSafeFyi = "architect";

json::value value_of(const json::object& policy, std::string_view name) {
  const json::value* v = fields::object(policy, name).if_contains("value");
  return v == nullptr ? json::value(nullptr) : *v;
}

}  // namespace

SweepReport sweep_report(const ToolReply& reply) {
  SweepReport report;
  report.ok = reply.ok;
  report.error = reply.error();
  report.scanned = fields::integer(reply.body, "scanned");
  report.breach_count = fields::integer(reply.body, "breachCount");
  report.messages = fields::integer(reply.body, "escalationsWritten");
  for (const json::value& breach : fields::array(reply.body, "breaches")) {
    if (!breach.is_object()) continue;
    report.breaches.insert(fields::text(breach.get_object(), "taskId") + '/' +
                           fields::text(breach.get_object(), "breachType"));
  }
  return report;
}

SweepReport sweep(Ground& ground, bool dry_run, std::int64_t limit) {
  json::object args{{"record_only", true}, {"dry_run", dry_run}};
  if (limit > 0) args["limit"] = limit;
  return sweep_report(call_tool(ground, "ansible_sla_sweep", args));
}

SlaView sla_view(Ground& ground) {
  const ToolReply reply = call_tool(ground, "ansible_status", {});
  const json::object& sla = fields::object(reply.body, "sla");
  return {fields::object(sla, "policy"), fields::text(sla, "enableCommand")};
}

json::object safe_profile(const json::object& policy) {
  json::object args{{"enabled", true},
                    {"every_seconds", kSafeEverySeconds},
                    {"record_only", true},
                    {"max_messages", kSafeMessages}};
  const json::value fyi = value_of(policy, "fyiAgents");
  if (!fyi.is_array() || fyi.get_array().empty()) args["fyi_agents"] = json::array{kSafeFyi};
  return args;
}

Checks check_calm(const json::object& policy, std::int64_t most_messages) {
  const json::value record_only = value_of(policy, "recordOnly");
  const json::value messages = value_of(policy, "maxMessagesPerSweep");
  return {holds("record_only", record_only.is_bool() && record_only.get_bool(),
                "recordOnly is " + json::canonical(record_only)),
          at_most("max_messages_per_sweep",
                  messages.is_int64() ? static_cast<double>(messages.get_int64()) : 1e9,
                  static_cast<double>(most_messages))};
}

std::size_t fresh(const std::set<std::string>& before, const std::set<std::string>& now) {
  return static_cast<std::size_t>(std::count_if(
      now.begin(), now.end(), [&](const std::string& one) { return !before.contains(one); }));
}

}  // namespace gateway_app
