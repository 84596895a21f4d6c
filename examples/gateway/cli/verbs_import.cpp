// openclaw ansible import: what the existing plugin's dump-state, tasks-dump and messages-dump print.
#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "cli/json_text.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

using enum FlagType;

constexpr std::size_t kChunkBytes = 256u << 10;     // of items per request
constexpr std::size_t kMostItemBytes = 900u << 10;  // a request may have 1 MiB
constexpr std::size_t kShownLines = 20;

constexpr std::array<Flag, 2> kImport = {{
    {"--dump", "@dump", kFile, true, nullptr,
     "JSON of dump-state, tasks-dump or messages-dump of the existing plugin"},
    {"--dry-run", "dry_run", kSwitch},
}};

// In the order in which they are brought over.
constexpr std::array<std::string_view, 5> kSections = {"agents", "context", "coordination",
                                                       "messages", "tasks"};

constexpr std::string_view kLeftBehind[] = {
    "capabilities: no dump has them; publish them again (openclaw ansible capability publish)",
    "invites and tickets of agents and nodes: issue new ones",
    "nodes and presence: every gateway registers itself at its start",
    "idempotency keys and delivery states of tasks and messages",
    "when closed tasks were last pruned, and SLA sweeps last run",
};

// {key, value} of each record, by section.
using Records = std::map<std::string, std::vector<json::object>, std::less<>>;

// The value of four hex digits; 0 when they are none.
unsigned hex4(std::string_view text) {
  unsigned value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return ec == std::errc() && end == text.data() + text.size() ? value : 0;
}

// The existing plugin cuts texts in the middle of a character, and its dumps then hold half of one: an escape that no
// JSON reader has to accept. Puts U+FFFD in its place, and returns how often.
std::size_t mend_halves(std::string& text) {
  std::size_t mended = 0;
  const auto escape_at = [&](std::size_t at) {
    const bool escape = at + 6 <= text.size() && text[at] == '\\' && text[at + 1] == 'u';
    return escape ? hex4(std::string_view(text).substr(at + 2, 4)) : 0;
  };
  const auto low_half = [](unsigned unit) { return unit >= 0xDC00 && unit <= 0xDFFF; };
  for (std::size_t at = text.find('\\'); at != std::string::npos; at = text.find('\\', at)) {
    const unsigned unit = escape_at(at);
    const bool high_half = unit >= 0xD800 && unit <= 0xDBFF;
    if (high_half && low_half(escape_at(at + 6))) {
      at += 12;
    } else if (high_half || low_half(unit)) {
      text.replace(at + 2, 4, "fffd");
      ++mended;
      at += 6;
    } else {
      at += 2;
    }
  }
  return mended;
}

// A record of an items list tells by its members what it is.
std::string section_of(const json::object& value) {
  if (value.contains("content") && value.contains("from_agent")) return "messages";
  if (value.contains("title") && value.contains("status")) return "tasks";
  return {};
}

// {"key"|"id", "value"} or [key, value].
json::object record_of(const json::value& item) {
  if (item.is_array() && item.get_array().size() == 2 && item.get_array()[0].is_string()) {
    return {{"key", item.get_array()[0]}, {"value", item.get_array()[1]}};
  }
  if (!item.is_object()) return {};
  const json::object& from = item.get_object();
  const std::string key = text_of(from, "key", text_of(from, "id"));
  const json::value* value = from.if_contains("value");
  if (key.empty() || value == nullptr) return {};
  return {{"key", key}, {"value", *value}};
}

void add_map(const json::value& map, std::vector<json::object>& out) {
  if (map.is_object()) {
    for (const auto& row : map.get_object()) {
      out.push_back({{"key", row.key()}, {"value", row.value()}});
    }
  } else if (map.is_array()) {
    for (const json::value& item : map.get_array()) {
      if (json::object record = record_of(item); !record.empty()) out.push_back(std::move(record));
    }
  }
}

// Everything in the dump that can be brought over; empty when it is no dump.
Records read_dump(const json::object& dump) {
  Records records;
  for (const auto& map : object_in(dump, "maps")) {
    const std::string name(map.key());
    if (std::find(kSections.begin(), kSections.end(), name) != kSections.end()) {
      add_map(map.value(), records[name]);
    }
  }
  for (const json::value& item : array_in(dump, "items")) {
    json::object record = record_of(item);
    const json::object value = object_in(record, "value");
    const std::string section = section_of(value);
    if (!section.empty()) records[section].push_back(std::move(record));
  }
  return records;
}

struct Report {
  bool dry_run = false;
  json::object sections;
  json::array skipped;
  json::array notes;

  void add(std::string_view section, const json::object& reply) {
    json::value& at = sections[section];
    if (!at.is_object()) at = json::object{{"imported", 0}, {"unchanged", 0}, {"skipped", 0}};
    json::object& counts = at.get_object();
    const json::array more = array_in(reply, "skipped");
    counts["imported"] = int_of(counts, "imported") + int_of(reply, "imported");
    counts["unchanged"] = int_of(counts, "unchanged") + int_of(reply, "unchanged");
    counts["skipped"] = int_of(counts, "skipped") + static_cast<std::int64_t>(more.size());
    append(section, more, skipped);
    append(section, array_in(reply, "notes"), notes);
  }
  static void append(std::string_view section, const json::array& from, json::array& to) {
    for (const json::value& item : from) {
      if (!item.is_object()) continue;
      json::object entry = item.get_object();
      entry["section"] = section;
      to.push_back(std::move(entry));
    }
  }
  json::object to_json() const {
    json::array left;
    for (const std::string_view text : kLeftBehind) left.emplace_back(text);
    return {{"dryRun", dry_run},
            {"sections", sections},
            {"skipped", skipped},
            {"notes", notes},
            {"notInDump", std::move(left)}};
  }
};

// Sends one section's records in requests of a bounded size.
Reply send_section(Session& session, const json::object& args, std::string_view section,
                   std::vector<json::object>& records, Report& report) {
  json::array items;
  std::size_t bytes = 0;
  const auto send = [&]() -> Reply {
    json::object request = args;
    request["section"] = section;
    request["items"] = std::move(items);
    items = json::array{};
    bytes = 0;
    Reply reply = session.invoke("ansible_import", std::move(request));
    if (reply.ok()) report.add(section, reply.body);
    return reply;
  };
  for (json::object& record : records) {
    const std::size_t size = json::canonical(record).size();
    if (size > kMostItemBytes) {
      const json::object reason{{"key", record["key"]}, {"reason", "larger than 900 KiB"}};
      report.add(section, {{"skipped", json::array{reason}}});
      continue;
    }
    if (bytes > 0 && bytes + size > kChunkBytes && section != "coordination") {
      if (Reply reply = send(); !reply.ok()) return reply;
    }
    bytes += size;
    items.push_back(std::move(record));
  }
  return items.empty() ? Reply{} : send();
}

void show_list(Printer& print, const char* heading, const json::array& entries, const char* text) {
  if (entries.empty()) return;
  print.line(std::string(heading) + " (" + std::to_string(entries.size()) + "):");
  for (std::size_t i = 0; i < std::min(entries.size(), kShownLines); ++i) {
    const json::object& entry = entries[i].get_object();
    print.line("  " + text_of(entry, "section") + ' ' + text_of(entry, "key") + ": " +
               text_of(entry, text));
  }
  if (entries.size() > kShownLines) print.line("  ... --json lists them all");
}

void show(Printer& print, const Report& report) {
  print.success(report.dry_run ? "Import dry run: nothing was changed" : "Imported");
  std::vector<std::vector<std::string>> rows;
  for (const auto& section : report.sections) {
    const json::object& counts = section.value().get_object();
    rows.push_back({"  " + std::string(section.key()), "imported=" + text_of(counts, "imported"),
                    "unchanged=" + text_of(counts, "unchanged"),
                    "skipped=" + text_of(counts, "skipped")});
  }
  print.table(rows);
  show_list(print, "Skipped", report.skipped, "reason");
  show_list(print, "To know", report.notes, "note");
  print.line("Not brought over:");
  for (const std::string_view text : kLeftBehind) print.line("  " + std::string(text));
}

int import_dump(Session& session, Printer& print, json::object args) {
  std::string text = text_of(args, "@dump");
  args.erase("@dump");
  const std::size_t mended = mend_halves(text);
  const auto parsed = json::parse(text);
  if (!parsed.ok()) {
    return print.fail(kExitRefused, "invalid_dump",
                      "the dump is not valid JSON: " + parsed.error().message + " at byte " +
                          std::to_string(parsed.error().offset));
  }
  Records records;
  if (parsed->is_object()) records = read_dump(parsed->get_object());
  if (records.empty()) {
    return print.fail(kExitRefused, "invalid_dump",
                      "the file is no dump: expected the JSON that dump-state (with `maps`), "
                      "tasks-dump or messages-dump (with `items`) of the existing plugin prints");
  }
  Report report;
  report.dry_run = bool_of(args, "dry_run");
  if (mended > 0) {
    report.notes.push_back(
        json::object{{"section", "dump"},
                     {"key", "texts"},
                     {"note", std::to_string(mended) + " halves of cut characters became U+FFFD"}});
  }
  for (const std::string_view section : kSections) {
    const auto found = records.find(section);
    if (found == records.end()) continue;
    const Reply reply = send_section(session, args, section, found->second, report);
    if (!reply.ok()) return print.fail(reply);
  }
  if (print.json()) {
    print.document(report.to_json());
  } else {
    show(print, report);
  }
  return kExitOk;
}

constexpr ToolVerb kVerbs[] = {
    {.path = "ansible import",
     .tool = "ansible_import",
     .flags = kImport,
     .actor_arg = "from_agent",
     .help = "Bring over a dump of the existing plugin; doing it twice changes nothing (admin)",
     .run = import_dump},
};

}  // namespace

std::span<const ToolVerb> import_verbs() { return kVerbs; }

}  // namespace gateway_app
