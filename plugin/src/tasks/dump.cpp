// ansible_dump_tasks: whole task records for an admin, page by page (reference 2.9, WHO-10).
#include <algorithm>
#include <utility>

#include "actors/actor.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"
#include "core/text.hpp"
#include "tasks/task_list.hpp"
#include "tasks/task_store.hpp"
#include "tasks/task_verbs.hpp"

namespace ansible {
namespace {

constexpr std::int64_t kDefaultLimit = 200;
constexpr std::size_t kMostLookedAt = 2'000;     // tasks per page, matching or not
constexpr std::size_t kMostPageBytes = 2 << 20;  // of stored documents; a reply may have 4 MiB

struct Page {
  std::vector<Task> tasks;
  std::string next;  // the id after which the next page begins; empty: this was the last
};

bool matches(const Args& args, const Task& task) {
  if (args.has("status") && to_text(task.status) != args.text_or("status", "")) return false;
  return !args.has("assignedTo") || task.assigned_to(trimmed(args.text_or("assignedTo", "")));
}

// In the order of ids, which stays as it is while tasks change.
Page read_page(Transaction& txn, const Args& args, std::size_t limit) {
  const std::string prefix = "task/";
  const std::string cursor = args.text_or("cursor", "");
  const std::string first = cursor.empty() ? prefix : key::task(cursor) + '\0';
  Page page;
  std::size_t looked_at = 0;
  std::size_t bytes = 0;
  std::string last;
  txn.scan(first, prefix_end(prefix), {.limit = kMostLookedAt + 1},
           [&](std::string_view at, std::string_view value) {
             const bool full = page.tasks.size() >= limit || bytes > kMostPageBytes;
             if (full || looked_at >= kMostLookedAt) {
               page.next = last;
               return false;
             }
             ++looked_at;
             Task task = task_from_json(parse_document(at, value));
             last = task.id;
             if (!matches(args, task)) return true;
             bytes += value.size();
             page.tasks.push_back(std::move(task));
             return true;
           });
  return page;
}

TaskFilter filter_of(const Args& args) {
  TaskFilter filter{.id_prefix = {},
                    .title_contains = {},
                    .status = task_status(args.text_or("status", "")),
                    .assigned_to = {}};
  if (args.has("assignedTo")) filter.assigned_to = trimmed(args.text_or("assignedTo", ""));
  return filter;
}

}  // namespace

ToolResult dump_tasks(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "dumping tasks");
  if (!actor.ok()) return actor.error();
  const auto limit = static_cast<std::size_t>(args.integer("limit").value_or(kDefaultLimit));
  const Page page = read_page(context.txn, args, limit);
  json::array items;
  for (const Task& task : page.tasks) {
    items.push_back(
        json::object{{"key", task.id}, {"id", task.id}, {"value", shown_task(context.txn, task)}});
  }
  json::object reply{{"success", true},
                     {"generatedAt", context.now_ms},
                     {"myId", context.node_id()},
                     {"returned", items.size()},
                     {"items", std::move(items)}};
  reply["total"] = counted_tasks(context.txn, filter_of(args));
  if (!page.next.empty()) reply["nextCursor"] = page.next;
  return reply;
}

}  // namespace ansible
