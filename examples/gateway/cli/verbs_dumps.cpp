// openclaw ansible dump-state, tasks-dump, messages-dump: every page of a dump as one JSON document.
#include <array>

#include "cli/json_text.hpp"
#include "cli/secret_file.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

using enum FlagType;

constexpr Flag kOut = {"--out", "@out",  kText,
                       false,   nullptr, "Write to this file (0600), not to stdout"};
constexpr Flag kCompact = {"--compact", "@compact", kSwitch,
                           false,       nullptr,    "One line instead of an indented document"};

constexpr std::array<Flag, 2> kState = {{kOut, kCompact}};
constexpr std::array<Flag, 5> kTasks = {{
    {"-s,--status", "status"},
    {"--assigned-to", "assignedTo"},
    {"-n,--limit", "@limit", kInteger, false, nullptr, "At most so many tasks; none: all"},
    kOut,
    kCompact,
}};

constexpr std::array<Flag, 6> kMessages = {{
    {"-f,--from", "from"},
    {"--to", "to"},
    {"--conversation-id", "conversation_id"},
    {"-n,--limit", "@limit", kInteger, false, nullptr, "At most so many messages; none: all"},
    kOut,
    kCompact,
}};

// Adds the rows of a page to what the pages before had.
void merge_maps(json::object& to, const json::object& page) {
  for (const auto& map : page) {
    if (!map.value().is_object()) continue;
    json::value& target = to[map.key()];
    if (!target.is_object()) target = json::object{};
    for (const auto& row : map.value().get_object()) target.get_object()[row.key()] = row.value();
  }
}

// Calls `tool` for one page after the other. `add` takes each into the document and says whether it wants more.
template <class Add>
Reply all_pages(Session& session, const char* tool, json::object args, Add add) {
  for (;;) {
    Reply page = session.invoke(tool, args);
    if (!page.ok()) return page;
    const std::string next = text_of(page.body, "nextCursor");
    if (!add(std::move(page.body)) || next.empty()) return Reply{};
    args["cursor"] = next;
  }
}

// Prints the document, or puts it into a file that nobody else can read.
int write_out(Session& session, Printer& print, const json::object& args,
              const json::object& document) {
  const bool compact = bool_of(args, "@compact");
  const std::string file = text_of(args, "@out");
  if (file.empty()) {
    compact ? print.compact(document) : print.document(document);
    return kExitOk;
  }
  auto out =
      SecretFile::open(absolute_path(file, session.env().working_directory, session.env().home),
                       SecretFile::Directory::kExpected);
  if (!out.ok()) return print.fail(kExitRefused, out.error().code, out.error().message);
  const auto written = out->write(compact ? json::canonical(document) : json::pretty(document));
  if (!written.ok()) {
    return print.fail(kExitRefused, written.error().code, written.error().message);
  }
  if (print.json()) {
    print.document(json::object{{"file", out->path()}});
  } else {
    print.success("Wrote " + out->path());
  }
  return kExitOk;
}

json::object without_own(json::object args) {
  for (const char* name : {"@out", "@compact", "@limit"}) args.erase(name);
  return args;
}

int dump_state(Session& session, Printer& print, json::object args) {
  json::object document;
  json::object maps;
  const Reply reply =
      all_pages(session, "ansible_dump_state", without_own(args), [&](json::object page) {
        merge_maps(maps, object_in(page, "maps"));
        if (document.empty()) document = std::move(page);
        return true;
      });
  if (!reply.ok()) return print.fail(reply);
  document.erase("nextCursor");
  json::object counts;
  for (const auto& map : maps) counts[map.key()] = map.value().get_object().size();
  document["counts"] = std::move(counts);
  document["maps"] = std::move(maps);
  return write_out(session, print, args, document);
}

int dump_items(const char* tool, Session& session, Printer& print, json::object args) {
  const auto most = static_cast<std::size_t>(int_of(args, "@limit", INT64_MAX));
  json::object document;
  json::array items;
  const Reply reply = all_pages(session, tool, without_own(args), [&](json::object page) {
    for (const json::value& item : array_in(page, "items")) {
      if (items.size() < most) items.push_back(item);
    }
    if (document.empty()) document = std::move(page);
    return items.size() < most;
  });
  if (!reply.ok()) return print.fail(reply);
  document.erase("nextCursor");
  document["returned"] = items.size();
  document["items"] = std::move(items);
  return write_out(session, print, args, document);
}

int dump_tasks(Session& session, Printer& print, json::object args) {
  return dump_items("ansible_dump_tasks", session, print, std::move(args));
}

int dump_messages(Session& session, Printer& print, json::object args) {
  return dump_items("ansible_dump_messages", session, print, std::move(args));
}

constexpr ToolVerb kVerbs[] = {
    {.path = "ansible dump-state",
     .tool = "ansible_dump_state",
     .flags = kState,
     .actor_arg = "from_agent",
     .help = "Everything that is stored, without secrets, as one JSON document (admin)",
     .run = dump_state},
    {.path = "ansible tasks-dump",
     .tool = "ansible_dump_tasks",
     .flags = kTasks,
     .actor_arg = "from_agent",
     .help = "Whole task records as one JSON document (admin)",
     .run = dump_tasks},
    {.path = "ansible messages-dump",
     .tool = "ansible_dump_messages",
     .flags = kMessages,
     .actor_arg = "from_agent",
     .help = "Whole messages as one JSON document (admin)",
     .run = dump_messages},
};

}  // namespace

std::span<const ToolVerb> dump_verbs() { return kVerbs; }

}  // namespace gateway_app
