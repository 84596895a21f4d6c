// ansible_audit_log: what happened to tasks, newest first, page by page (T-17).
#include <algorithm>
#include <charconv>
#include <utility>

#include "actors/actor.hpp"
#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/keys.hpp"
#include "core/text.hpp"
#include "tasks/audit_log.hpp"
#include "tasks/task_store.hpp"
#include "tools/acting.hpp"
#include "tools/sizes.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr std::size_t kLongestId = 200;
constexpr Param kAuditParams[] = {
    {.name = "since",
     .type = kString,
     .description = "Not before this: an ISO date-time, or how long ago (90s, 15m, 24h, 7d).",
     .max_length = 64},
    {.name = "until",
     .type = kString,
     .description = "Not after this, in the same forms.",
     .max_length = 64},
    {.name = "taskId",
     .type = kString,
     .description = "Records of this task (an id or the beginning of one).",
     .max_length = kLongestId},
    {.name = "byAgentId",
     .type = kString,
     .description = "What this agent did.",
     .max_length = kLongestId},
    {.name = "limit",
     .type = kInteger,
     .description = "Records per page: 1 to 1000, default 100.",
     .min = 1,
     .max = 1'000},
    {.name = "cursor",
     .type = kString,
     .description = "nextCursor of the page before.",
     .max_length = 400},
    acting_agent("from_agent"),
    kAgentToken,
};

constexpr std::int64_t kDefaultLimit = 100;
constexpr std::size_t kMostLookedAt = 1'000;  // entries per page, matching or not

// Where a record stands in time: "<ms>/<task>/<seq>", the key of its entry without the prefix.
using Place = std::string;

struct Query {
  std::int64_t since = 0;
  std::int64_t until = INT64_MAX;
  std::optional<std::string> task;  // a whole id
  std::optional<std::string> agent;
  Place after;  // of the page before; empty: the first page
  std::size_t limit = 0;
};

struct Page {
  std::vector<Place> places;
  Place next;  // after which the next page begins; empty: this was the last
};

// "90s", "15m", "24h", "7d" -> ms.
std::optional<std::int64_t> duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (ec != std::errc() || count < 0 || count > 1'000'000 || end + 1 != text.data() + text.size()) {
    return std::nullopt;
  }
  constexpr std::pair<char, std::int64_t> kUnits[] = {
      {'s', 1'000}, {'m', 60'000}, {'h', 3'600'000}, {'d', 86'400'000}};
  for (const auto& [unit, ms] : kUnits) {
    if (*end == unit) return count * ms;
  }
  return std::nullopt;
}

Result<std::int64_t> time_of(const Context& context, const Args& args, std::string_view name,
                             std::int64_t fallback) {
  const auto given = args.text(name);
  if (!given) return fallback;
  const std::string text = trimmed(*given);
  if (const auto ago = duration(text)) return context.now_ms - *ago;
  if (const auto at = parse_iso_time(text)) return *at;
  const std::string pointer = "/" + std::string(name);
  const std::string expected = "an ISO date-time, or how long ago (90s, 15m, 24h, 7d)";
  return Error{code::kInvalidArgument,
               std::string(name) + ": expected " + expected + ", got " + brief(json::value(*given)),
               {{"pointer", pointer}, {"expected", expected}, {"got", brief(json::value(*given))}}};
}

bool well_formed(std::string_view place) {
  constexpr std::size_t kDigits = 16;
  return place.size() > kDigits + 3 && place[kDigits] == '/' &&
         std::count(place.begin(), place.end(), '/') == 2 &&
         std::all_of(place.begin(), place.begin() + kDigits,
                     [](char c) { return c >= '0' && c <= '9'; });
}

Result<Query> read_query(Context& context, const Args& args) {
  Query query;
  const auto since = time_of(context, args, "since", 0);
  if (!since.ok()) return since.error();
  const auto until = time_of(context, args, "until", INT64_MAX - 1);
  if (!until.ok()) return until.error();
  query.since = *since;
  query.until = *until;
  query.agent = args.text("byAgentId");
  query.limit = static_cast<std::size_t>(args.integer("limit").value_or(kDefaultLimit));
  query.after = args.text_or("cursor", "");
  if (!query.after.empty() && !well_formed(query.after)) {
    return Error{code::kInvalidArgument,
                 "cursor: expected the nextCursor of the page before",
                 {{"pointer", "/cursor"},
                  {"expected", "nextCursor of the page before"},
                  {"got", brief(json::value(query.after))}}};
  }
  if (!args.has("taskId")) return query;
  auto task = find_task_by_id(context.txn, args.text_or("taskId", ""));
  if (task.ok()) {
    query.task = task->id;
  } else if (task.error().code == code::kNotFound) {
    query.task = trimmed(*args.text("taskId"));  // its records outlive a pruned task
  } else {
    return std::move(task.error());
  }
  return query;
}

// Walks over the entries by time, newest first. Who did it stands in the entry, so that what does not match costs no
// record.
Page by_time(Transaction& txn, const Query& query) {
  const std::string prefix = "audit-time/";
  const std::string first = prefix + key::ms(query.since);
  const std::string end = query.after.empty()
                              ? prefix + key::ms(std::min(query.until, INT64_MAX - 1) + 1)
                              : prefix + query.after;
  Page page;
  std::size_t looked_at = 0;
  Place last;
  if (first >= end) return page;
  txn.scan(first, end, {.reverse = true, .limit = kMostLookedAt + 1},
           [&](std::string_view at, std::string_view agent) {
             if (page.places.size() == query.limit || looked_at == kMostLookedAt) {
               page.next = last;
               return false;
             }
             ++looked_at;
             last = at.substr(prefix.size());
             if (!query.agent || agent == *query.agent) page.places.push_back(last);
             return true;
           });
  return page;
}

// A task's own records are in the order of their numbers, which is that of time.
Page of_task(Transaction& txn, const Query& query) {
  const std::string first = key::audit(*query.task, 0);
  const std::string prefix = first.substr(0, first.rfind('/') + 1);
  const std::string end =
      query.after.empty() ? prefix_end(prefix) : prefix + key::nth_part(query.after, 2);
  Page page;
  std::size_t looked_at = 0;
  Place last;
  if (first >= end) return page;
  txn.scan(first, end, {.reverse = true, .limit = kMostLookedAt + 1},
           [&](std::string_view at, std::string_view value) {
             if (page.places.size() == query.limit || looked_at == kMostLookedAt) {
               page.next = last;
               return false;
             }
             ++looked_at;
             const json::object record = parse_document(at, value);
             const std::int64_t time = int_field(record, "at").value_or(0);
             last = key::ms(time) + std::string(at.substr(at.find('/')));
             const bool fits = time >= query.since && time <= query.until &&
                               (!query.agent || text_field(record, "byAgentId") == query.agent);
             if (fits) page.places.push_back(last);
             return true;
           });
  return page;
}

std::optional<json::object> shown(Transaction& txn, const Place& place) {
  const std::size_t slash = place.find('/');
  const auto record = load_audit(txn, "audit" + place.substr(slash));
  if (!record) return std::nullopt;
  return shown_audit(*record, key::nth_part(place, 1), std::stoull(key::nth_part(place, 2)));
}

ToolResult audit_log(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "reading the audit log");
  if (!actor.ok()) return actor.error();
  const auto query = read_query(context, args);
  if (!query.ok()) return query.error();
  Page page = query->task ? of_task(context.txn, *query) : by_time(context.txn, *query);
  json::array records;
  ReplySize size;
  Place last;
  for (const Place& place : page.places) {
    auto record = shown(context.txn, place);
    if (record && !size.takes(*record)) {
      page.next = last;
      break;
    }
    last = place;
    if (record) records.push_back(std::move(*record));
  }
  json::object reply{
      {"success", true}, {"returned", records.size()}, {"records", std::move(records)}};
  if (!page.next.empty()) reply["nextCursor"] = page.next;
  return reply;
}

constexpr Tool kTools[] = {
    {.name = "ansible_audit_log",
     .description = "Show what happened to tasks, newest first, page by page. Needs an admin.",
     .params = kAuditParams,
     .handler = audit_log,
     .read_only = true},
};

}  // namespace

std::span<const Tool> audit_tools() { return kTools; }

}  // namespace ansible
