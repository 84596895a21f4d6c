// The SLA's part: the safe profile before, the sweeps in the canary, calm after a rollback.
#include <fmt/format.h>

#include <cmath>

#include "rollout/fields.hpp"
#include "rollout/ground.hpp"
#include "rollout/sla.hpp"
#include "rollout/trial.hpp"

namespace gateway_app {
namespace {

using Kind = StepEnd::Kind;

constexpr std::int64_t kSweepLimit = 100;  // the runbook's
constexpr std::int64_t kSafeMessages = 3;
constexpr int kQuietSweeps = 3;
constexpr int kMostSweeps = 20;

std::optional<StepEnd> failed(std::string reason) {
  return StepEnd{Kind::kFailed, {}, std::move(reason), {}};
}

std::string listed(const SweepReport& report) {
  if (!report.ok) return report.error;
  return fmt::format("scanned {}, breaches {}, messages {}", report.scanned, report.breach_count,
                     report.messages);
}

// Breaches that `before` showed, `after` does not, and whose task carries the mark of a sweep.
std::size_t marked_by_dry_run(Ground& ground, const SweepReport& before, const SweepReport& after) {
  std::size_t marked = 0;
  for (const std::string& breach : before.breaches) {
    if (after.breaches.contains(breach)) continue;
    const auto slash = breach.rfind('/');
    const ToolReply task = call_tool(ground, "ansible_find_task",
                                     {{"idPrefix", breach.substr(0, slash)}, {"limit", 1}});
    for (const json::value& found : fields::array(task.body, "tasks")) {
      if (!found.is_object()) continue;
      const json::object& metadata = fields::object(found.get_object(), "metadata");
      const json::object& sla = fields::object(fields::object(metadata, "ansible"), "sla");
      const json::object& marks = fields::object(sla, "escalations");
      if (marks.contains(breach.substr(slash + 1) + "At")) ++marked;
    }
  }
  return marked;
}

}  // namespace

std::optional<StepEnd> run_profile(Ground& ground) {
  const RolloutRecord record = ground.record();
  if (record.abort) return aborted_by_operator();
  const SlaView before = sla_view(ground);
  if (before.policy.empty()) return failed("the SLA policy could not be read");
  if (record.sla_before.empty()) {
    auto noted = ground.note([&](RolloutRecord& r) { r.sla_before = before.policy; });
    if (!noted) return not_written(noted.error());
  }
  ground.mark("noted");
  const ToolReply set = call_tool(ground, "ansible_set_sla_policy", safe_profile(before.policy));
  if (!set.ok) return failed("the safe SLA profile could not be put in force: " + set.error());
  return end_by(check_calm(sla_view(ground).policy, kSafeMessages));
}

std::optional<StepEnd> run_sweeps(Ground& ground) {
  const SweepReport dry = sweep(ground, true, kSweepLimit);
  const SweepReport dry_again = sweep(ground, true, kSweepLimit);
  const SweepReport recorded = sweep(ground, false, kSweepLimit);
  const SweepReport recorded_again = sweep(ground, false, kSweepLimit);
  if (!counts_are_fresh(ground)) return std::nullopt;
  const auto ended = trial_ended(ground);
  if (ended && ended->kind != Kind::kPassed) return ended;

  Checks checks;
  const std::pair<const char*, const SweepReport*> sweeps[] = {
      {"sweep_dry_run", &dry},
      {"sweep_dry_run_again", &dry_again},
      {"sweep_record_only", &recorded},
      {"sweep_record_only_again", &recorded_again}};
  for (const auto& [name, report] : sweeps) {
    checks.push_back(holds(name, report->ok, listed(*report)));
  }
  checks.push_back(at_most("sweep_messages",
                           static_cast<double>(recorded.messages + recorded_again.messages), 0,
                           "written by record-only sweeps"));
  checks.push_back(at_most("written_by_dry_run",
                           static_cast<double>(marked_by_dry_run(ground, dry, dry_again)), 0,
                           "task windows marked by a sweep that may change nothing"));
  checks.push_back(at_most("found_twice",
                           static_cast<double>(recorded.breaches.size() -
                                               fresh(recorded_again.breaches, recorded.breaches)),
                           0, "breaches that were recorded and found again"));
  if (auto errors = trial_errors(ground)) checks.push_back(std::move(*errors));
  StepEnd end = end_by(std::move(checks));
  if (recorded.messages + recorded_again.messages > 0) end.trigger = "escalation";
  return end;
}

std::optional<StepEnd> run_finish(Ground& ground) {
  const RolloutRecord record = ground.record();
  if (record.plan.notifications) {
    const ToolReply set =
        call_tool(ground, "ansible_set_sla_policy",
                  {{"record_only", false}, {"max_messages", *record.plan.notifications}});
    if (!set.ok) return failed("notifications could not be turned on: " + set.error());
  }
  const SlaView view = sla_view(ground);
  auto noted = ground.note([&](RolloutRecord& r) { r.enable_command = view.enable_command; });
  if (!noted) return not_written(noted.error());
  return StepEnd{};
}

std::optional<StepEnd> run_calm(Ground& ground) {
  const RolloutRecord record = ground.record();
  if (record.sla_before.empty()) return StepEnd{};  // it was never touched
  const bool silent = record.trigger == "escalation";
  json::object args{{"record_only", true}};
  if (silent) args["max_messages"] = 0;
  const ToolReply set = call_tool(ground, "ansible_set_sla_policy", args);
  if (!set.ok) return failed("recordOnly could not be put in force: " + set.error());
  const SlaView view = sla_view(ground);
  auto noted = ground.note([&](RolloutRecord& r) { r.enable_command = view.enable_command; });
  if (!noted) return not_written(noted.error());
  return end_by({check_calm(view.policy, 0).front()});
}

std::optional<StepEnd> run_settle(Ground& ground) {
  const auto pause = std::chrono::milliseconds(
      static_cast<std::int64_t>(std::llround(ground.record().plan.settle_seconds * 1000)));
  int quiet = 0;
  SweepReport before = sweep(ground, true, 0);
  for (int n = 1; n < kMostSweeps && quiet < kQuietSweeps; ++n) {
    if (!ground.wait(pause)) return std::nullopt;
    SweepReport now = sweep(ground, true, 0);
    const bool calm = before.ok && now.ok && fresh(before.breaches, now.breaches) == 0;
    quiet = calm ? quiet + 1 : 0;
    before = std::move(now);
  }
  return end_by(
      {at_least("quiet_sweeps", quiet, kQuietSweeps,
                "dry-run sweeps in a row without a new breach; the last: " + listed(before))});
}

}  // namespace gateway_app
