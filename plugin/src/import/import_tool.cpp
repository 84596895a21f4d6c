// ansible_import: a part of a dump of the existing plugin (domain.md, ARG-3).
#include <array>

#include "actors/actor.hpp"
#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/keys.hpp"
#include "import/import.hpp"
#include "tools/acting.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr std::size_t kItemsPerStep = 50;

constexpr std::array<std::string_view, 5> kSections = {"agents", "context", "coordination",
                                                       "messages", "tasks"};

constexpr std::array<Param, 5> kParams = {{
    {.name = "section",
     .type = kString,
     .description = "Which map of the dump the items are from",
     .required = true,
     .one_of = kSections},
    {.name = "items",
     .type = kObjects,
     .description = "Its records, {key, value} each",
     .required = true},
    {.name = "dry_run", .type = kBoolean, .description = "Report, and change nothing"},
    acting_agent("from_agent"),
    kAgentToken,
}};

// What the steps so far found.
struct Tally {
  std::size_t next = 0;  // item
  std::int64_t imported = 0;
  std::int64_t unchanged = 0;
  json::array skipped;  // {key, reason}
  json::array notes;    // {key, note}

  static Tally from(const std::string& continuation) {
    Tally tally;
    if (continuation.empty()) return tally;
    json::object state = parse_document("continuation", continuation);
    tally.next = static_cast<std::size_t>(int_field(state, "next").value_or(0));
    tally.imported = int_field(state, "imported").value_or(0);
    tally.unchanged = int_field(state, "unchanged").value_or(0);
    tally.skipped = std::move(state["skipped"].as_array());
    tally.notes = std::move(state["notes"].as_array());
    return tally;
  }
  json::object to_json() const {
    return {
        {"imported", imported}, {"unchanged", unchanged}, {"skipped", skipped}, {"notes", notes}};
  }
  More more() const {
    json::object state = to_json();
    state["next"] = next;
    return {json::canonical(state)};
  }

  void add(const std::string& key, const Imported& outcome) {
    if (outcome.verdict == Imported::Verdict::kSkipped) {
      skipped.push_back(json::object{{"key", key}, {"reason", outcome.reason}});
      return;
    }
    ++(outcome.verdict == Imported::Verdict::kImported ? imported : unchanged);
    for (const std::string& note : outcome.notes) {
      notes.push_back(json::object{{"key", key}, {"note", note}});
    }
  }
};

using ImportOne = Imported (*)(Context&, const std::string&, const json::object&);

ImportOne importer_of(std::string_view section) {
  if (section == "agents") return import_agent;
  if (section == "tasks") return import_task;
  if (section == "messages") return import_message;
  return import_context;
}

void import_item(Context& context, ImportOne import_one, const json::object& item, Tally& tally) {
  const auto key = text_field(item, "key");
  const json::value* value = item.if_contains("value");
  if (!key || value == nullptr || !value->is_object()) {
    tally.add(key.value_or("?"),
              Imported::skipped("expected {key, value} with an object as value"));
    return;
  }
  tally.add(*key, import_one(context, *key, value->get_object()));
}

Tally import_values(Context& context, const std::vector<json::object>& items) {
  Tally tally;
  json::object values;
  for (const json::object& item : items) {
    const auto key = text_field(item, "key");
    const json::value* value = item.if_contains("value");
    if (!key || value == nullptr) {
      tally.add(key.value_or("?"), Imported::skipped("expected {key, value}"));
    } else {
      values[*key] = *value;
    }
  }
  for (const ImportedValue& one : import_coordination(context, values)) {
    tally.add(one.key, one.outcome);
  }
  return tally;
}

json::object finished(const Args& args, const Tally& tally) {
  json::object reply = tally.to_json();
  const std::string section = *args.text("section");
  reply["success"] = true;
  reply["section"] = section;
  reply["dryRun"] = args.flag("dry_run");
  reply["message"] = section + ": " + std::to_string(tally.imported) + " imported, " +
                     std::to_string(tally.unchanged) + " here already, " +
                     std::to_string(tally.skipped.size()) + " skipped";
  return reply;
}

ToolResult import_dump(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "importing a dump");
  if (!actor.ok()) return actor.error();
  const std::string section = *args.text("section");
  const std::vector<json::object> items = args.objects("items");
  if (section == "coordination") return finished(args, import_values(context, items));
  Tally tally = Tally::from(context.continuation);
  const ImportOne import_one = importer_of(section);
  for (std::size_t done = 0; tally.next < items.size(); ++tally.next, ++done) {
    if (done == kItemsPerStep || (done > 0 && context.txn.should_yield())) return tally.more();
    import_item(context, import_one, items[tally.next], tally);
  }
  return finished(args, tally);
}

constexpr Tool kTools[] = {
    {.name = "ansible_import",
     .description =
         "Bring over a part of a dump of the existing plugin; what is here stays (admin)",
     .params = kParams,
     .handler = import_dump,
     .dry_run_arg = "/dry_run"},
};

}  // namespace

std::string why_unusable(const std::string& id) {
  if (id.empty()) return "its id is empty";
  if (key::last_part(key::agent(id)) != id) {
    return "its id of " + std::to_string(id.size()) + " bytes is too long for a key";
  }
  return {};
}

void note_odd_id(const std::string& id, Imported& outcome) {
  if (!valid_id(id)) {
    outcome.notes.emplace_back("an odd id (ARG-3): kept, but no new record could have it");
  }
}

bool plausible_time(std::int64_t ms) { return ms >= 0 && ms <= 9'999'999'999'999'999; }

std::span<const Tool> import_tools() { return kTools; }

}  // namespace ansible
