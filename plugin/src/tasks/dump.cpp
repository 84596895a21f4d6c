// ansible_dump_tasks: whole task records for an admin, page by page (reference 2.9, WHO-10).
#include <optional>
#include <utility>
#include <vector>

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
constexpr std::size_t kMostLookedAt = 2'000;  // tasks per page, matching or not
constexpr const char* kPlaces = "task-time/";
constexpr std::size_t kMostPageBytes = 2 << 20;  // of stored documents; a reply may have 4 MiB

struct Page {
  std::vector<Task> tasks;
  std::string next;  // the place after which the next page begins; empty: this was the last
};

bool matches(const Args& args, const Task& task) {
  if (args.has("status") && to_text(task.status) != args.text_or("status", "")) return false;
  return !args.has("assignedTo") || task.assigned_to(trimmed(args.text_or("assignedTo", "")));
}

// The places of the next tasks after `cursor`, "<created>/<task>" as in the key, the last created first: `most`, and one
// more if there are more.
std::vector<std::string> places_after(Transaction& txn, const std::string& cursor,
                                      std::size_t most) {
  const std::string prefix = kPlaces;
  const std::string end = cursor.empty() ? prefix_end(prefix) : prefix + cursor;
  std::vector<std::string> places;
  txn.scan(prefix, end, {.reverse = true, .limit = most + 1},
           [&](std::string_view at, std::string_view) {
             places.emplace_back(at.substr(prefix.size()));
             return true;
           });
  return places;
}

// By creation, which stays as it is while tasks change.
Page read_page(Transaction& txn, const Args& args, std::size_t limit) {
  Page page;
  std::size_t looked_at = 0;
  std::size_t bytes = 0;
  std::string last;
  const bool filtered = args.has("status") || args.has("assignedTo");
  for (const std::string& place :
       places_after(txn, args.text_or("cursor", ""), filtered ? kMostLookedAt : limit)) {
    const bool full = page.tasks.size() >= limit || bytes > kMostPageBytes;
    if (full || looked_at >= kMostLookedAt) {
      page.next = last;
      break;
    }
    ++looked_at;
    last = place;
    const std::string at = "task/" + place.substr(place.find('/') + 1);
    const auto stored = txn.get(at);
    if (!stored) continue;
    Task task = task_from_json(parse_document(at, *stored));
    if (!matches(args, task)) continue;
    bytes += stored->size();
    page.tasks.push_back(std::move(task));
  }
  return page;
}

// "<created>/<task>", as a page gave it.
std::optional<Error> refuse_bad_cursor(const Args& args) {
  const std::string cursor = args.text_or("cursor", "");
  const std::size_t width = key::ms(0).size();
  const bool well_formed = cursor.size() > width + 1 && cursor[width] == '/' &&
                           cursor.find_first_not_of("0123456789") == width;
  if (cursor.empty() || well_formed) return std::nullopt;
  const std::string got = brief(json::value(cursor));
  return Error{
      code::kInvalidArgument,
      "cursor: expected the nextCursor of the page before, got " + got,
      {{"pointer", "/cursor"}, {"expected", "nextCursor of the page before"}, {"got", got}}};
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
  if (auto refusal = refuse_bad_cursor(args)) return std::move(*refusal);
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
