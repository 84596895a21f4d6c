// openclaw ansible audit
#include <algorithm>
#include <array>

#include "cli/json_text.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

using enum FlagType;

constexpr std::int64_t kPage = 1'000;

constexpr std::array<Flag, 5> kAudit = {{
    {"--since", "since"},
    {"--until", "until"},
    {"--task", "taskId"},
    {"--agent", "byAgentId"},
    {"-n,--limit", "@limit", kInteger, false, "100", "At most so many records"},
}};

void show(Printer& print, const json::array& records, bool more) {
  print.heading("Audit log (" + std::to_string(records.size()) + ", newest first)");
  std::vector<std::vector<std::string>> rows;
  for (const json::value& item : records) {
    if (!item.is_object()) continue;
    const json::object& r = item.get_object();
    const std::string note = text_of(r, "note", text_of(object_in(r, "metadata"), "reason"));
    rows.push_back({local_time(int_of(r, "at")), text_of(r, "taskId").substr(0, 8),
                    text_of(r, "kind"), text_of(r, "byAgentId", "-"), note});
  }
  print.table(rows);
  if (rows.empty()) print.line("  none");
  if (more) print.line("  ... there are older ones: a larger --limit shows them");
}

// Pages with a filter may be short: goes on until there are enough, or no more.
int audit(Session& session, Printer& print, json::object args) {
  const std::int64_t most = int_of(args, "@limit");
  args.erase("@limit");
  json::array records;
  std::string next;
  do {
    args["limit"] =
        std::clamp<std::int64_t>(most - static_cast<std::int64_t>(records.size()), 1, kPage);
    const Reply page = session.invoke("ansible_audit_log", args);
    if (!page.ok()) return print.fail(page);
    for (const json::value& record : array_in(page.body, "records")) records.push_back(record);
    next = text_of(page.body, "nextCursor");
    args["cursor"] = next;
  } while (!next.empty() && static_cast<std::int64_t>(records.size()) < most);
  if (!print.json()) {
    show(print, records, !next.empty());
    return kExitOk;
  }
  json::object document{{"returned", records.size()}, {"records", std::move(records)}};
  if (!next.empty()) document["nextCursor"] = next;
  print.document(document);
  return kExitOk;
}

constexpr ToolVerb kVerbs[] = {
    {.path = "ansible audit",
     .tool = "ansible_audit_log",
     .flags = kAudit,
     .actor_arg = "from_agent",
     .help = "What happened to tasks, newest first (admin)",
     .run = audit},
};

}  // namespace

std::span<const ToolVerb> audit_verbs() { return kVerbs; }

}  // namespace gateway_app
