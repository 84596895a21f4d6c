// ansible_release_task: the claimer (or an admin) gives a task back (T-16).
#include "tasks/release.hpp"

#include <optional>
#include <utility>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "tasks/task_call.hpp"
#include "tasks/task_store.hpp"
#include "tasks/task_verbs.hpp"

namespace ansible {
namespace {

// The task as it is then. `reason` is for machines.
Task give_back(Context& context, const Task& stored, const std::string& by, std::string reason,
               std::optional<std::string> note) {
  Task task = stored;
  json::object details;
  set_field(details, "claimedBy_agent", task.claimed_by_agent);
  carry_out(context, stored, task,
            {.action = Action::kRelease,
             .by_agent = by,
             .reason = std::move(reason),
             .note = std::move(note),
             .details = std::move(details)});
  return task;
}

}  // namespace

std::size_t release_held_tasks(Context& context, std::string_view agent, const std::string& by,
                               std::size_t most) {
  if (most == 0) return 0;
  const std::string prefix = key::held(agent, "");
  const Rows rows = collect(context.txn, prefix, prefix_end(prefix), {.limit = most});
  for (const auto& [at, empty] : rows) {
    const auto task = load_task_at(context.txn, "task" + at.substr(at.rfind('/')));
    if (!task) continue;
    give_back(context, *task, by, "agent_disabled",
              "its claimer '" + std::string(agent) + "' was disabled");
  }
  return rows.size();
}

ToolResult release_task(Context& context, const Args& args) {
  auto call = open_call(context, args, {"release"});
  if (!call.ok()) return std::move(call.error());
  if (call->replay) return std::move(*call->replay);
  const bool claimer = call->task.claimed_by_agent == call->actor.id;
  if (!claimer && !call->actor.admin) return *refuse_non_claimer(*call, "release");
  if (auto refusal = refuse_transition(call->task, Action::kRelease)) return std::move(*refusal);

  const Task task =
      give_back(context, call->task, call->actor.id,
                claimer ? "released_by_claimer" : "released_by_admin", args.text("note"));
  return finish_call(context, *call,
                     {{"success", true},
                      {"message", "released task " + named_task(task) + "; it is pending again"},
                      {"task", brief_task(task)}});
}

}  // namespace ansible
