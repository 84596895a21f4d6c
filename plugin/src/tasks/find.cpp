// ansible_find_task: a list of tasks (reference 2.9).
#include <utility>

#include "actors/actor.hpp"
#include "core/fields.hpp"
#include "core/text.hpp"
#include "tasks/task_list.hpp"
#include "tasks/task_verbs.hpp"

namespace ansible {
namespace {

constexpr std::int64_t kDefaultLimit = 10;

// Blank filters filter nothing.
std::optional<std::string> filter_text(const Args& args, std::string_view name) {
  std::string text = trimmed(args.text_or(name, ""));
  if (text.empty()) return std::nullopt;
  return text;
}

json::object row(const Task& task) {
  json::object out{{"key", task.id},
                   {"id", task.id},
                   {"title", task.title},
                   {"status", to_text(task.status)},
                   {"assignedTo", nullptr},
                   {"assignedToAll", to_array(task.assignees)},
                   {"createdBy", task.created_by_agent},
                   {"claimedBy", nullptr},
                   {"priority", task.priority},
                   {"updatedAt", task.updated_at}};
  if (!task.assignees.empty()) out["assignedTo"] = task.assignees.front();
  set_field(out, "claimedBy", task.claimed_by_agent);
  set_field(out, "intent", task.intent);
  set_field(out, "failureClass", text_field(task.failure, "failureClass"));
  set_field(out, "failureCode", text_field(task.failure, "failureCode"));
  return out;
}

}  // namespace

ToolResult find_tasks(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  TaskFilter filter{.id_prefix = filter_text(args, "idPrefix"),
                    .title_contains = filter_text(args, "titleContains"),
                    .status = task_status(args.text_or("status", "")),
                    .assigned_to = filter_text(args, "assignedTo")};
  const auto limit = static_cast<std::size_t>(args.integer("limit").value_or(kDefaultLimit));
  const TaskList list = list_tasks(context.txn, filter, limit);
  json::array rows;
  for (const Task& task : list.tasks) rows.push_back(row(task));
  json::object reply{{"success", true}, {"matches", std::move(rows)}, {"total", list.total}};
  if (list.truncated) reply["truncated"] = true;
  return reply;
}

}  // namespace ansible
