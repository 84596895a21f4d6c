#include "coordination/dump_state.hpp"

#include <algorithm>
#include <utility>

#include "actors/actor.hpp"
#include "coordination/coordination_map.hpp"
#include "core/build_info.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"
#include "core/secrets.hpp"
#include "records/agent.hpp"
#include "tasks/task_store.hpp"

namespace ansible {
namespace {

constexpr std::int64_t kDefaultLimit = 500;
constexpr std::size_t kMostPageBytes = 1u << 20;  // of stored documents; a reply may have 4 MiB

json::value as_stored(Transaction&, std::string_view, const json::object& document) {
  return redacted(document);
}
json::value as_agent(Transaction&, std::string_view at, const json::object& document) {
  return public_json(agent_from_json(key::last_part(at), document));
}
json::value as_task(Transaction& txn, std::string_view, const json::object& document) {
  return redacted(shown_task(txn, task_from_json(document)));
}

// One map of the dump: the rows below `prefix`, each under the parts of its key after the first, joined by ':'.
struct Section {
  std::string_view name;
  std::string_view prefix;
  json::value (*shown)(Transaction& txn, std::string_view at, const json::object& document);
};

constexpr Section kSections[] = {
    {"nodes", "node/", as_stored},
    {"agents", "agent/", as_agent},
    {"tasks", "task/", as_task},
    {"messages", "message/", as_stored},
    {"context", "context/", as_stored},
    {"pulse", "pulse/", as_stored},
    {"skills", "skills/", as_stored},
    {"capabilitiesCatalog", "cap-catalog/", as_stored},
    {"capabilitiesIndex", "cap-index/", as_stored},
    {"capabilitiesManifests", "cap-manifest/", as_stored},
    {"capabilitiesRevisions", "cap-revision/", as_stored},
    {"capabilitiesInstallStages", "cap-stage/", as_stored},
    {"capabilitiesWiring", "cap-wiring/", as_stored},
};

std::string map_key(const std::string& at) {
  std::string out = key::nth_part(at, 1);
  const auto parts = std::count(at.begin(), at.end(), '/');
  for (long n = 2; n <= parts; ++n) out += ':' + key::nth_part(at, static_cast<std::size_t>(n));
  return out;
}

struct Page {
  json::object maps;
  std::size_t rows = 0;
  std::size_t bytes = 0;
  std::string last;  // key of the last row
};

// Adds what is left of a section after `after` (a key of it, or empty); false when the page was full before its end.
bool add_section(Transaction& txn, const Section& section, const std::string& after,
                 std::size_t limit, Page& page) {
  const std::string first = after.empty() ? std::string(section.prefix) : after + '\0';
  json::object map;
  bool whole = true;
  for (const auto& [at, value] :
       collect(txn, first, prefix_end(section.prefix), {.limit = limit - page.rows + 1})) {
    if (page.rows == limit || page.bytes > kMostPageBytes) {
      whole = false;
      break;
    }
    map[map_key(at)] = section.shown(txn, at, parse_document(at, value));
    page.last = at;
    page.bytes += value.size();
    ++page.rows;
  }
  if (after.empty() || !map.empty()) page.maps[section.name] = std::move(map);
  return whole;
}

json::object counts(Transaction& txn) {
  json::object out;
  for (const Section& section : kSections) {
    std::int64_t count = 0;
    if (section.name == "tasks") {
      count = task_counts(txn).total;
    } else {
      txn.scan(section.prefix, prefix_end(section.prefix), {.limit = SIZE_MAX},
               [&](std::string_view, std::string_view) {
                 ++count;
                 return true;
               });
    }
    out[section.name] = count;
  }
  return out;
}

json::object plugin_view(Context& context) {
  return {{"version", plugin_version()},
          {"buildId", plugin_build_id()},
          {"config", redacted(context.config.given)},
          {"authMode", to_text(context.config.auth_mode)},
          {"configuredAdminAgentId", context.config.admin_agent_id},
          {"effectiveAdminAgentId", effective_admin(context)}};
}

const Section* section_of(const std::string& at) {
  const auto* found = std::find_if(std::begin(kSections), std::end(kSections),
                                   [&](const Section& s) { return at.starts_with(s.prefix); });
  return found == std::end(kSections) ? nullptr : found;
}

}  // namespace

ToolResult dump_state(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "dumping the state");
  if (!actor.ok()) return actor.error();
  const std::string cursor = args.text_or("cursor", "");
  const Section* section = cursor.empty() ? std::begin(kSections) : section_of(cursor);
  if (section == nullptr) {
    return Error{code::kInvalidArgument,
                 "cursor: expected the nextCursor of the page before",
                 {{"pointer", "/cursor"},
                  {"expected", "nextCursor of the page before"},
                  {"got", brief(json::value(cursor))}}};
  }
  const auto limit = static_cast<std::size_t>(args.integer("limit").value_or(kDefaultLimit));
  json::object reply{
      {"success", true}, {"generatedAt", context.now_ms}, {"myId", context.node_id()}};
  Page page;
  std::string after = cursor;
  bool whole = true;
  for (; whole && section != std::end(kSections); ++section) {
    whole = add_section(context.txn, *section, after, limit, page);
    after.clear();
  }
  if (!whole) reply["nextCursor"] = page.last;
  if (cursor.empty()) {
    reply["plugin"] = plugin_view(context);
    reply["counts"] = counts(context.txn);
    page.maps["pendingInvites"] = json::object{};  // they are secrets
    page.maps["coordination"] = redacted(coordination_map(context));
  }
  reply["maps"] = std::move(page.maps);
  return reply;
}

}  // namespace ansible
