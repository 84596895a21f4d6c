// Phase 2 carried out, and what it made removed again.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <ctime>

#include "rollout/fields.hpp"
#include "rollout/ground.hpp"
#include "rollout/lifecycle.hpp"
#include "rollout/trial.hpp"

namespace gateway_app {
namespace {

using Kind = StepEnd::Kind;

constexpr std::array<std::string_view, 2> kAgents = {kRolloutOwner, kRolloutOther};
constexpr int kPublishGates = 6;   // G4 ... G9
constexpr int kWithdrawGates = 4;  // U1 ... U4

// The story as it is told to the gateway; it ends at the first thing that is not as it should be.
class Story {
 public:
  Story(Ground& ground, const RolloutRecord& record) : ground_(ground), record_(record) {}

  // In this order; each false ends it.
  bool told() {
    return register_agents() && publish() && delegate() && refuse_stranger() && carry_out() &&
           look_back() && withdraw();
  }
  Checks checks() && { return std::move(checks_); }

 private:
  bool add(Check check) {
    const bool passed = check.passed();
    checks_.push_back(std::move(check));
    return passed;
  }
  std::string key(std::string_view what) const { return record_.id + "/" + std::string(what); }

  bool register_agents();
  bool publish();
  bool delegate();
  bool refuse_stranger();
  bool carry_out();
  bool look_back();
  bool withdraw();
  bool replayed(std::string_view tool, const json::object& args, const char* what);

  Ground& ground_;
  const RolloutRecord record_;
  Checks checks_;
  std::string task_;
};

bool Story::register_agents() {
  for (const std::string_view agent : kAgents) {
    const ToolReply reply = call_tool(ground_, "ansible_register_agent",
                                      {{"agent_id", agent},
                                       {"type", "internal"},
                                       {"name", "agent of a rollout; goes by itself"},
                                       {"idempotency_key", key(agent)}});
    if (!reply.ok) return add(holds("agents_registered", false, reply.error()));
  }
  ground_.mark("registered");
  return add(holds("agents_registered", true, "rollout-owner, rollout-other"));
}

bool Story::publish() {
  if (ground_.signed_manifests_only) {
    return add(holds("publish_left_out", true,
                     "manifestTrust takes signed manifests only, and a rollout has no key"));
  }
  const std::time_t seconds = record_.started_ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  auto manifest = rollout_manifest(fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", parts));
  if (!manifest) return add(holds("publish_gates", false, manifest.error().message));
  const ToolReply reply = call_tool(ground_, "ansible_capability_publish",
                                    {{"manifest", *manifest}, {"from_agent", kRolloutOwner}});
  const json::array& pipeline = fields::array(reply.body, "publishPipeline");
  std::string detail = gates_failed(pipeline, "G0", "G9");
  if (detail.empty()) detail = reply.error();
  return add(at_least("publish_gates", gates_passed(pipeline, "G4", "G9"), kPublishGates,
                      detail.empty() ? "G4 to G9" : detail));
}

// Asks once more with the same key: nothing may happen twice.
bool Story::replayed(std::string_view tool, const json::object& args, const char* what) {
  const ToolReply first = call_tool(ground_, tool, args);
  if (!first.ok) return add(holds(std::string(what), false, first.error()));
  ground_.mark(what);
  if (task_.empty()) task_ = fields::text(first.body, "taskId");
  const ToolReply again = call_tool(ground_, tool, args);
  const bool same = fields::text(again.body, "taskId") == fields::text(first.body, "taskId");
  const bool idempotent = again.ok && fields::flag(again.body, "idempotent") && same;
  if (!add(holds(std::string(what), true))) return false;
  return add(holds(std::string(what) + "_replay_idempotent", idempotent,
                   idempotent ? "" : json::canonical(again.body)));
}

bool Story::delegate() {
  json::object args{{"title", "rollout check " + record_.id},
                    {"description", "A task of a rollout's lifecycle validation."},
                    {"assignedTo", kRolloutOwner},
                    {"from_agent", kRolloutOther},
                    {"idempotency_key", key("delegate")}};
  if (!ground_.signed_manifests_only) args["requires"] = json::array{kRolloutCapability};
  return replayed("ansible_delegate_task", args, "delegated");
}

bool Story::refuse_stranger() {
  const ToolReply reply = call_tool(ground_, "ansible_claim_task",
                                    {{"taskId", task_},
                                     {"agentId", kRolloutOther},
                                     {"etaSeconds", 900},
                                     {"idempotency_key", key("stranger")}});
  return add(holds("strangers_claim_refused", reply.answered && !reply.ok,
                   reply.ok ? "it was accepted" : reply.code()));
}

bool Story::carry_out() {
  return replayed("ansible_claim_task",
                  {{"taskId", task_},
                   {"agentId", kRolloutOwner},
                   {"etaSeconds", 900},
                   {"idempotency_key", key("claim")}},
                  "claimed") &&
         replayed("ansible_update_task",
                  {{"taskId", task_},
                   {"agentId", kRolloutOwner},
                   {"status", "in_progress"},
                   {"note", "under way"},
                   {"idempotency_key", key("update")}},
                  "updated") &&
         replayed("ansible_complete_task",
                  {{"taskId", task_},
                   {"agentId", kRolloutOwner},
                   {"result", "done"},
                   {"idempotency_key", key("complete")}},
                  "completed");
}

bool Story::look_back() {
  const ToolReply reply = call_tool(ground_, "ansible_task_timeline", {{"taskId", task_}});
  const json::array& timeline = fields::array(reply.body, "timeline");
  for (const char* kind : {"claimed", "status_update", "completed"}) {
    const int times = times_in(timeline, kind);
    if (!add(holds(std::string(kind) + "_once", times == 1, std::to_string(times) + " times"))) {
      return false;
    }
  }
  const std::string status = fields::text(fields::object(reply.body, "task"), "status");
  return add(holds("task_is_completed", status == "completed", status));
}

bool Story::withdraw() {
  if (ground_.signed_manifests_only) return true;
  const ToolReply reply =
      call_tool(ground_, "ansible_capability_unpublish",
                {{"capability_id", kRolloutCapability}, {"from_agent", kRolloutOwner}});
  const json::array& pipeline = fields::array(reply.body, "unpublishPipeline");
  std::string detail = gates_failed(pipeline, "U0", "U4");
  if (detail.empty()) detail = reply.error();
  return add(at_least("withdraw_gates", gates_passed(pipeline, "U1", "U4"), kWithdrawGates,
                      detail.empty() ? "U1 to U4" : detail));
}

// Agents of these names that are registered.
std::vector<std::string> own_agents(Ground& ground) {
  const ToolReply reply = call_tool(ground, "ansible_list_agents", {});
  std::vector<std::string> found;
  for (const json::value& agent : fields::array(reply.body, "agents")) {
    const std::string id = agent.is_object() ? fields::text(agent.get_object(), "id") : "";
    if (id == kRolloutOwner || id == kRolloutOther) found.push_back(id);
  }
  return found;
}

// Ends whatever is still open, so that it can be removed.
void close_all(Ground& ground) {
  call_tool(ground, "ansible_capability_unpublish",
            {{"capability_id", kRolloutCapability}, {"from_agent", kRolloutOwner}});
  for (const char* status : {"pending", "claimed", "in_progress"}) {
    const ToolReply open =
        call_tool(ground, "ansible_find_task",
                  {{"assignedTo", kRolloutOwner}, {"status", status}, {"limit", 50}});
    for (const json::value& task : fields::array(open.body, "tasks")) {
      if (!task.is_object()) continue;
      call_tool(ground, "ansible_cancel_task",
                {{"taskId", fields::text(task.get_object(), "id")},
                 {"reason", "the rollout that made this task is over"}});
    }
  }
}

// The checks of a cleaning up, and what has to be said about it.
struct Cleaned {
  Checks checks;
  std::string note;
};

Cleaned remove_agents(Ground& ground) {
  Cleaned cleaned;
  for (const std::string& agent : own_agents(ground)) {
    const ToolReply gone =
        call_tool(ground, "ansible_purge_agent",
                  {{"agent_id", agent}, {"reason", "made by a rollout that is over"}});
    ground.mark("purged");
    if (gone.ok) continue;
    if (!gone.unknown) {
      cleaned.checks.push_back(holds("purged", false, agent + ": " + gone.error()));
      continue;
    }
    const ToolReply off =
        call_tool(ground, "ansible_disable_agent",
                  {{"agent_id", agent}, {"reason", "made by a rollout that is over"}});
    cleaned.checks.push_back(holds("disabled", off.ok, agent + " " + off.error()));
    cleaned.note = "the serving release cannot purge agents: " + std::string(kRolloutOwner) +
                   " and " + std::string(kRolloutOther) +
                   " are disabled; purge them later with: openclaw ansible agent purge --id " +
                   agent;
  }
  return cleaned;
}

}  // namespace

Check names_free(Ground& ground) {
  const auto taken = own_agents(ground);
  if (taken.empty()) return holds("names_free", true, "rollout-owner, rollout-other");
  return holds("names_free", false,
               "an agent called " + taken.front() +
                   " exists, and no rollout made it; remove it with: openclaw ansible agent purge "
                   "--id " +
                   taken.front());
}

std::optional<StepEnd> run_lifecycle(Ground& ground) {
  const RolloutRecord record = ground.record();
  if (const auto ended = trial_ended(ground); ended && ended->kind != Kind::kPassed) return ended;
  if (!record.made_agents) {
    // Not the candidate's fault.
    if (Check free = names_free(ground); !free.passed()) {
      return StepEnd{Kind::kAborted, {free}, free.detail, {}};
    }
    auto noted = ground.note([](RolloutRecord& r) { r.made_agents = true; });
    if (!noted) return not_written(noted.error());
  }
  Story story(ground, record);
  story.told();
  if (!counts_are_fresh(ground)) return std::nullopt;
  if (const auto ended = trial_ended(ground); ended && ended->kind != Kind::kPassed) return ended;
  Checks checks = std::move(story).checks();
  if (auto errors = trial_errors(ground)) checks.push_back(std::move(*errors));
  if (const auto trial = running_trial(ground)) {
    for (Check& check : conduct_of(*trial)) checks.push_back(std::move(check));
  }
  return end_by(std::move(checks));
}

std::optional<StepEnd> run_tidy(Ground& ground) {
  if (!ground.record().made_agents) return StepEnd{};
  close_all(ground);
  ground.mark("closed");
  Cleaned cleaned = remove_agents(ground);
  if (!ground.wait(std::chrono::milliseconds(0))) return std::nullopt;
  const std::size_t left = own_agents(ground).size();
  if (cleaned.note.empty()) {
    cleaned.checks.push_back(at_most("agents_left", static_cast<double>(left), 0));
  }
  auto noted = ground.note([&](RolloutRecord& r) {
    if (all_passed(cleaned.checks)) r.made_agents = false;
    if (!cleaned.note.empty()) r.at(stage_of(r.step)).note = cleaned.note;
  });
  if (!noted) return not_written(noted.error());
  return end_by(std::move(cleaned.checks));
}

}  // namespace gateway_app
