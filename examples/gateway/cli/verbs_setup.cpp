// openclaw ansible setup: writes the plugin's section of the configuration, and nothing else
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

#include "cli/backup_name.hpp"
#include "cli/json_text.hpp"
#include "cli/list_option.hpp"
#include "cli/skill_links.hpp"
#include "cli/verb.hpp"
#include "common/json_edit.hpp"

namespace gateway_app {
namespace {

namespace fs = std::filesystem;
using gateway::Error;
using gateway::Result;

struct SetupFlags {
  std::string tier;
  std::vector<std::string> backbone;
  std::string node_id;
  std::vector<std::string> capabilities;
  std::optional<bool> inject_context;
  std::vector<std::string> inject_agents;
  std::optional<bool> dispatch_incoming;
  std::optional<bool> lock_sweep;
  std::optional<std::int64_t> lock_sweep_every;
  std::optional<std::int64_t> lock_sweep_stale;
  bool no_skill = false;
  bool no_restart = false;
  bool dry_run = false;
};

// One member to write: its path below the plugin's `config`.
struct Change {
  std::vector<std::string> path;
  json::value value;
};

std::vector<Change> changes_of(const SetupFlags& flags) {
  std::vector<Change> out;
  const auto texts = [&](const char* name, const std::vector<std::string>& values) {
    json::array list(values.begin(), values.end());
    if (!values.empty()) out.push_back({{name}, std::move(list)});
  };
  const auto maybe = [&](std::vector<std::string> path, const auto& value) {
    if (value) out.push_back({std::move(path), json::value(*value)});
  };
  if (!flags.tier.empty()) out.push_back({{"tier"}, json::value(flags.tier)});
  if (!flags.node_id.empty()) out.push_back({{"nodeIdOverride"}, json::value(flags.node_id)});
  texts("backbonePeers", flags.backbone);
  texts("capabilities", flags.capabilities);
  maybe({"injectContext"}, flags.inject_context);
  texts("injectContextAgents", flags.inject_agents);
  maybe({"dispatchIncoming"}, flags.dispatch_incoming);
  maybe({"lockSweep", "enabled"}, flags.lock_sweep);
  maybe({"lockSweep", "everySeconds"}, flags.lock_sweep_every);
  maybe({"lockSweep", "staleSeconds"}, flags.lock_sweep_stale);
  return out;
}

std::string read_text(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Result<std::string> patched(std::string text, const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    std::vector<std::string> path{"plugins", "entries", "ansible", "config"};
    path.insert(path.end(), change.path.begin(), change.path.end());
    auto next = set_json_member(text, path, change.value);
    if (!next.ok()) return next.error();
    text = *std::move(next);
  }
  return text;
}

Error unwritable(const std::string& file) {
  return {"config_unwritable", "cannot write " + file + ": " + std::strerror(errno)};
}

// Makes a file that does not exist yet, with the mode and, where the system lets us, the owner of `like`.
Result<void> write_new(const std::string& file, const std::string& text, const struct stat& like) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_EXCL, 0600);
  if (fd < 0) return unwritable(file);
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t n = ::write(fd, text.data() + written, text.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    written += static_cast<std::size_t>(n);
  }
  const bool owned = ::fchown(fd, like.st_uid, like.st_gid) == 0 || errno == EPERM;
  const bool ok =
      written == text.size() && owned && ::fchmod(fd, like.st_mode & 0777) == 0 && ::fsync(fd) == 0;
  const Error error = ok ? Error{} : unwritable(file);
  ::close(fd);
  if (ok) return {};
  ::unlink(file.c_str());
  return error;
}

// Keeps the old text beside the file, and puts the new one in its place at once. Returns the backup's name.
Result<std::string> replace_file(const std::string& name, const std::string& before,
                                 const std::string& after) {
  std::error_code ec;
  const fs::path real = fs::canonical(name, ec);  // a link stays a link
  const std::string file = ec ? name : real.string();
  struct stat st {};
  if (stat(file.c_str(), &st) != 0) return unwritable(file);
  const std::string backup = backup_name(file);
  if (auto kept = write_new(backup, before, st); !kept.ok()) return kept.error();
  const std::string temporary = file + ".new." + std::to_string(getpid());
  if (auto wrote = write_new(temporary, after, st); !wrote.ok()) return wrote.error();
  if (std::rename(temporary.c_str(), file.c_str()) != 0) {
    const Error error = unwritable(file);
    ::unlink(temporary.c_str());
    return error;
  }
  return backup;
}

// The file to patch; a first one is made where the gateway would make it.
Result<std::string> config_file(Session& session, bool dry_run) {
  const auto& loaded = session.loaded();
  if (!loaded.ok()) return loaded.error();
  if (!loaded->file.empty()) return loaded->file;
  if (dry_run) {
    return Error{"config_missing",
                 "there is no configuration file; without --dry-run setup makes " +
                     loaded->state_dir + "/openclaw.json"};
  }
  std::error_code ec;
  fs::create_directories(fs::path(loaded->state_dir).parent_path(), ec);
  if (mkdir(loaded->state_dir.c_str(), 0700) != 0 && errno != EEXIST) {
    return unwritable(loaded->state_dir);
  }
  return create_default_config(loaded->state_dir, session.env());
}

void show(Printer& print, const json::object& reply) {
  const bool dry = bool_of(reply, "dryRun");
  const std::string file = text_of(reply, "file");
  if (!bool_of(reply, "changed")) {
    print.success(file + " is as it should be");
  } else {
    print.success(file + (dry ? " would be changed" : " is changed"));
  }
  for (const json::value& change : array_in(reply, "changes")) {
    print.line("  " + text_of(change.as_object(), "path") + " = " +
               text_of(change.as_object(), "value"));
  }
  print.field("backup", text_of(reply, "backup"));
  print.field("skill", text_of(reply, "skill"));
  for (const json::value& step : array_in(reply, "nextSteps")) {
    print.line("  next: " + std::string(step.as_string()));
  }
}

// Links the companion skill where it lies on this machine already.
std::string link_skill(Session& session, const SetupFlags& flags) {
  SkillRequest request;
  request.dry_run = flags.dry_run;
  if (!skill_is_here(session, request))
    return "not on this machine: openclaw ansible skills sync --help";
  std::string out;
  for (const SkillLink& link : sync_skills(session, request)) {
    out += (out.empty() ? "" : ", ") + link.workspace + " " + link.mark;
  }
  return out.empty() ? "no workspace to link it into" : out;
}

json::array described(const std::vector<Change>& changes) {
  json::array out;
  for (const Change& change : changes) {
    std::string path = "plugins.entries.ansible.config";
    for (const std::string& part : change.path) path += '.' + part;
    out.push_back(json::object{{"path", path}, {"value", change.value}});
  }
  return out;
}

int run_setup(Session& session, Printer& print, const SetupFlags& flags) {
  const auto fail = [&](const Error& error) {
    return print.fail(kExitRefused, error.code, error.message);
  };
  const auto file = config_file(session, flags.dry_run);
  if (!file.ok()) return fail(file.error());
  const std::string before = read_text(*file);
  const std::vector<Change> changes = changes_of(flags);
  const auto after = patched(before, changes);
  if (!after.ok()) return fail({after.error().code, *file + ": " + after.error().message});
  const PathBase base{fs::path(*file).parent_path().string(), session.env().home};
  const auto checked = parse_config(*after, base);
  if (!checked.ok()) return fail({checked.error().code, *file + ": " + checked.error().message});
  json::object reply{{"success", true},
                     {"file", *file},
                     {"dryRun", flags.dry_run},
                     {"changed", *after != before},
                     {"changes", described(changes)}};
  if (*after != before && !flags.dry_run) {
    const auto backup = replace_file(*file, before, *after);
    if (!backup.ok()) return fail(backup.error());
    reply["backup"] = *backup;
  }
  if (!flags.no_skill) reply["skill"] = link_skill(session, flags);
  json::array next;
  if (const std::string missing = why_not_loadable(*checked); !missing.empty()) {
    next.emplace_back(missing);
  }
  if (!flags.no_restart) next.emplace_back("openclaw gateway restart");
  next.emplace_back("openclaw ansible status");
  reply["nextSteps"] = std::move(next);
  if (print.json()) {
    print.document(reply);
  } else {
    show(print, reply);
  }
  return kExitOk;
}

void add_true_false(CLI::App& command, const char* name, std::optional<bool>& out,
                    const std::string& help) {
  command
      .add_option_function<std::string>(
          name, [&out, name](const std::string& text) { out = truth_of(name, text); }, help)
      ->type_name("t|f");
}

}  // namespace

void add_setup_verb(CLI::App& root, CommandLine& line) {
  CLI::App& setup =
      subcommand(root, "ansible setup",
                 "Write the plugin's settings into the configuration; downloads nothing");
  auto flags = std::make_shared<SetupFlags>();
  setup.add_option("--tier", flags->tier, "backbone (always on) or edge")
      ->check(CLI::IsMember({"backbone", "edge"}));
  add_list(setup, "--backbone", flags->backbone, "A backbone node to connect to (repeat)");
  setup.add_option("--node-id", flags->node_id, "This node's id; else the host name");
  add_list(setup, "--capability", flags->capabilities, "What this node declares (repeat)");
  add_true_false(setup, "--inject-context", flags->inject_context,
                 "Put coordination context into prompts");
  add_list(setup, "--inject-agent", flags->inject_agents,
           "An internal agent of this gateway (repeat)");
  add_true_false(setup, "--dispatch-incoming", flags->dispatch_incoming,
                 "Deliver messages and tasks to agents");
  add_true_false(setup, "--lock-sweep", flags->lock_sweep, "Remove stale session locks");
  setup.add_option("--lock-sweep-every", flags->lock_sweep_every, "How often, in seconds")
      ->check(CLI::Range(30, 86'400));
  setup
      .add_option("--lock-sweep-stale", flags->lock_sweep_stale, "Age of a stale lock, in seconds")
      ->check(CLI::Range(30, 86'400));
  setup.add_flag("--no-skill", flags->no_skill, "Do not link the companion skill");
  setup.add_flag("--no-restart", flags->no_restart,
                 "Do not name the restart among the next steps (setup itself never restarts)");
  setup.add_flag("--dry-run", flags->dry_run, "Only show what would be written");
  add_output_flags(setup, line);
  setup.callback([&line, flags] {
    line.action = [flags](Session& s, Printer& p) { return run_setup(s, p, *flags); };
  });
}

}  // namespace gateway_app
