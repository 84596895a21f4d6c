// openclaw plugins list|info|install|verify|swap|rollback|history|quarantine
#include <CLI/CLI.hpp>
#include <memory>
#include <tuple>

#include "cli/canary_text.hpp"
#include "cli/json_text.hpp"
#include "cli/list_option.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

constexpr const char* kSlot = "ansible";

struct PluginWords {
  std::string id = kSlot;
  std::string what;
  std::string reason;
  bool lift = false;
  bool one_way = false;
};

std::string release_text(const json::object& release) {
  return text_of(release, "version") + " (" + text_of(release, "sha256").substr(0, 12) +
         ", build " + text_of(release, "buildId") + ")";
}

void show_slot(Printer& print, const json::object& slot) {
  print.line(text_of(slot, "id") + "  [" + text_of(slot, "state") + "]  " +
             (text_of(slot, "version").empty() ? "no plugin" : release_text(slot)));
  if (int_of(slot, "since") > 0) print.field("since", local_time(int_of(slot, "since")));
  print.field("reason", text_of(slot, "reason"));
  print.field("file", text_of(slot, "path"));
  for (const char* role : {"candidate", "parked"}) {
    const json::object release = object_in(slot, role);
    if (!release.empty()) print.field(role, release_text(release));
  }
  const json::object canary = object_in(slot, "canary");
  if (bool_of(canary, "running")) print.field("canary", canary_line(canary));
  const json::object trial = object_in(slot, "trial");
  if (trial.empty()) return;
  std::string line = text_of(trial, "phase") + " since " + local_time(int_of(trial, "phaseSince"));
  if (int_of(trial, "until") > 0) line += ", until " + local_time(int_of(trial, "until"));
  if (int_of(trial, "tries") > 0) line += ", crashed " + text_of(trial, "tries") + " time(s)";
  print.field("trial", line);
}

void show_list(Printer& print, const json::object& reply) {
  for (const json::value& slot : array_in(reply, "plugins")) {
    if (slot.is_object()) show_slot(print, slot.get_object());
  }
}

void show_info(Printer& print, const json::object& reply) {
  show_slot(print, reply);
  print.field("abi", text_of(reply, "abi"));
  const json::object format = object_in(reply, "dataFormat");
  print.field("data format", "reads " + text_of(format, "readMin") + ".." +
                                 text_of(format, "readMax") + ", writes " +
                                 text_of(format, "write"));
  std::vector<std::vector<std::string>> rows;
  for (const json::value& item : array_in(reply, "tools")) {
    if (!item.is_object()) continue;
    const json::object& tool = item.get_object();
    rows.push_back({"  " + text_of(tool, "name"), bool_of(tool, "readOnly") ? "read" : "write",
                    text_of(tool, "description")});
  }
  print.line("Tools:");
  print.table(rows);
  print.line("Sweeps:");
  for (const json::value& item : array_in(reply, "sweeps")) {
    if (!item.is_object()) continue;
    const json::object& sweep = item.get_object();
    print.line("  " + text_of(sweep, "name") + "  every " + text_of(sweep, "everySeconds") +
               " s  (" + text_of(sweep, "scope") + ")");
  }
}

void show_history(Printer& print, const json::object& reply) {
  std::vector<std::vector<std::string>> rows;
  for (const json::value& item : array_in(reply, "entries")) {
    if (!item.is_object()) continue;
    const json::object& e = item.get_object();
    const std::string verdict = text_of(e, "verdict");
    rows.push_back({local_time(int_of(e, "at")), text_of(e, "event"), text_of(e, "version"),
                    text_of(e, "sha256").substr(0, 12),
                    (verdict.empty() ? "" : text_of(e, "phase") + " " + verdict + ": ") +
                        text_of(e, "detail")});
  }
  print.table(rows);
  print.line("Releases on disk:");
  for (const json::value& item : array_in(reply, "releases")) {
    if (!item.is_object()) continue;
    const json::object& release = item.get_object();
    std::string words = text_of(release, "role");
    for (const char* mark : {"quarantine", "good"}) {
      if (text_of(release, mark).empty()) continue;
      words += (words.empty() ? "" : ", ") + std::string(mark);
      break;
    }
    print.line("  " + release_text(release) + (words.empty() ? "" : "  [" + words + "]"));
  }
}

void show_quarantine(Printer& print, const json::object& reply) {
  if (!reply.contains("quarantine") || reply.at("quarantine").is_array()) {
    const json::array rows = array_in(reply, "quarantine");
    if (rows.empty()) return print.line("Nothing is quarantined.");
    std::vector<std::vector<std::string>> table;
    for (const json::value& item : rows) {
      if (!item.is_object()) continue;
      const json::object why = object_in(item.get_object(), "quarantine");
      table.push_back({text_of(item.get_object(), "sha256").substr(0, 12),
                       text_of(item.get_object(), "version"), local_time(int_of(why, "since")),
                       "by " + text_of(why, "by"), text_of(why, "reason")});
    }
    return print.table(table);
  }
  const std::string name =
      text_of(reply, "version", "digest") + " (" + text_of(reply, "sha256").substr(0, 12) + ")";
  print.success(object_in(reply, "quarantine").empty() ? name + " may be loaded again"
                                                       : name + " is quarantined");
}

void show_installed(Printer& print, const json::object& r) {
  print.success("installed " + release_text(r) + "; activate it with: openclaw plugins swap " +
                kSlot + " " + text_of(r, "sha256").substr(0, 12));
}
void show_verified(Printer& print, const json::object& r) {
  print.success("verified " + release_text(r) + "; nothing was kept");
}
void show_swapped(Printer& print, const json::object& r) {
  print.success("active: " + release_text(r));
}
void show_rolled_back(Printer& print, const json::object& r) {
  const json::object ended = object_in(r, "endedCanary");
  if (ended.empty()) return print.success("rolled back to " + release_text(r));
  print.success("ended the canary of version " + text_of(ended, "version") + "; " +
                release_text(r) + " serves on");
  print.line("  a second rollback goes back to the release before that");
}

struct PluginVerb {
  const char* name;
  const char* help;
  bool takes_slot;
  const char* what;  // body member of the second word; nullptr: none
  const char* what_name;
  void (*show)(Printer&, const json::object&);
};

constexpr PluginVerb kVerbs[] = {
    {"list", "Slots and what serves in them", false, nullptr, nullptr, show_list},
    {"info", "A slot, its tools and sweeps", true, nullptr, nullptr, show_info},
    {"install", "Import and prove a library file; activates nothing", true, "file", "FILE",
     show_installed},
    {"verify", "Check and prove a library file; keeps nothing", true, "file", "FILE",
     show_verified},
    {"swap", "Activate a file, a SHA-256 prefix or a version", true, "what", "FILE|SHA256|VERSION",
     show_swapped},
    {"rollback", "Go back to the release that was active before, or end a canary before its soak",
     true, nullptr, nullptr, show_rolled_back},
    {"history", "What happened in a slot, and the releases on disk", true, nullptr, nullptr,
     show_history},
};

constexpr PluginVerb kQuarantine = {
    "quarantine",
    "List the releases that may not be loaded; keep one from being loaded, or lift that",
    true,
    "what",
    "SHA256|VERSION",
    show_quarantine};

int ask(Session& session, Printer& print, const PluginVerb& verb, const json::object& body) {
  const Reply reply = session.host(std::string("plugins/") + verb.name, body);
  if (!reply.ok()) return print.fail(reply);
  if (print.json()) {
    print.document(reply.body);
  } else {
    verb.show(print, reply.body);
  }
  return kExitOk;
}

int run(Session& session, Printer& print, const PluginVerb& verb, const PluginWords& words) {
  json::object body;
  if (verb.takes_slot) body["id"] = words.id;
  if (verb.what != nullptr) {
    const bool file = std::string_view(verb.what) == "file";
    const Environment& env = session.env();
    body[verb.what] = file ? absolute_path(words.what, env.working_directory, env.home)
                           : file_or_release(words.what, env.working_directory, env.home);
  }
  if (words.one_way) body["oneWay"] = true;
  return ask(session, print, verb, body);
}

int run_quarantine(Session& session, Printer& print, const PluginWords& words) {
  json::object body{{"id", words.id}};
  if (!words.what.empty()) {
    body["what"] = words.what;
    if (words.lift) body["lift"] = true;
    if (!words.reason.empty()) body["reason"] = words.reason;
    if (!words.lift && words.reason.empty()) {
      return print.fail(kExitUsage, "usage",
                        "say why with --reason, or use --lift to allow the release again");
    }
  } else if (words.lift || !words.reason.empty()) {
    return print.fail(kExitUsage, "usage", "which release? name a SHA-256 prefix or a version");
  }
  return ask(session, print, kQuarantine, body);
}

// quarantine [ansible] [SHA256|VERSION] [--reason R | --lift]
void add_quarantine(CLI::App& root, CommandLine& line) {
  CLI::App& command = subcommand(root, "plugins quarantine", kQuarantine.help);
  auto words = std::make_shared<PluginWords>();
  auto given = std::make_shared<std::vector<std::string>>();
  add_list(command, kQuarantine.what_name, *given, "The slot (ansible) and a release")
      ->type_name("[ID] [SHA256|VERSION]");
  auto* reason = command.add_option("--reason", words->reason, "Why nobody may load it");
  command.add_flag("--lift", words->lift, "Allow it again")->excludes(reason);
  add_output_flags(command, line);
  command.callback([&line, words, given] {
    const bool all = given->empty() || (given->size() == 1 && given->front() == kSlot);
    if (!all) std::tie(words->id, words->what) = slot_and_what(*given, kQuarantine.what_name);
    line.action = [words](Session& s, Printer& p) { return run_quarantine(s, p, *words); };
  });
}

}  // namespace

std::pair<std::string, std::string> slot_and_what(const std::vector<std::string>& given,
                                                  const char* what) {
  if (given.size() > 2) throw CLI::ExtrasError(std::vector<std::string>{given[2]});
  if (given.size() == 1 && given.front() == kSlot) throw CLI::RequiredError(what);
  return {given.size() == 1 ? kSlot : given.front(), given.back()};
}

void add_plugin_verbs(CLI::App& root, CommandLine& line) {
  subcommand(root, "plugins", "Install, swap and roll back the plugin");
  for (const PluginVerb& verb : kVerbs) {
    CLI::App& command = subcommand(root, std::string("plugins ") + verb.name, verb.help);
    auto words = std::make_shared<PluginWords>();
    auto given = std::make_shared<std::vector<std::string>>();
    if (verb.what != nullptr) {
      add_list(command, verb.what_name, *given, "The slot (ansible) and what")
          ->required()
          ->type_name("[ID] " + std::string(verb.what_name));
    } else if (verb.takes_slot) {
      command.add_option("ID", words->id, "The slot (ansible)")->type_name("[ID]");
    }
    if (std::string_view(verb.name) == "swap") {
      command.add_flag("--one-way", words->one_way,
                       "Also to a data format that the active release cannot read: backs the store "
                       "up first; going back is a restore");
    }
    add_output_flags(command, line);
    command.callback([&line, &verb, words, given] {
      if (verb.what != nullptr) {
        std::tie(words->id, words->what) = slot_and_what(*given, verb.what_name);
      }
      line.action = [&verb, words](Session& s, Printer& p) { return run(s, p, verb, *words); };
    });
  }
  add_quarantine(root, line);
}

}  // namespace gateway_app
