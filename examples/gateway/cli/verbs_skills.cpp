// openclaw ansible skills sync|verify: links between folders on this machine, never a download
#include <CLI/CLI.hpp>
#include <map>
#include <memory>

#include "cli/list_option.hpp"
#include "cli/skill_links.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

struct SkillFlags {
  SkillRequest request;
  std::vector<std::string> sources;  // "name=path"
};

// A skill's name becomes part of paths.
void check_name(const std::string& skill) {
  const bool fine = !skill.empty() && skill.front() != '.' && skill.front() != '-' &&
                    skill.find('/') == std::string::npos;
  if (!fine) throw CLI::ValidationError("--skill", "'" + skill + "' is no name of a skill");
}

void read_sources(SkillFlags& flags) {
  for (const std::string& source : flags.sources) {
    const std::size_t equals = source.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == source.size()) {
      throw CLI::ValidationError("--source", "expected NAME=PATH, got '" + source + "'");
    }
    const std::string path = source.substr(equals + 1);
    if (path.find("://") != std::string::npos || path.starts_with("git@")) {
      throw CLI::ValidationError(
          "--source", "nothing is downloaded; clone " + path + " yourself and name its folder");
    }
    flags.request.sources[source.substr(0, equals)] = path;
  }
  for (const std::string& skill : flags.request.skills) check_name(skill);
}

json::array described(const std::vector<SkillLink>& links) {
  json::array out;
  for (const SkillLink& link : links) {
    out.push_back(json::object{{"skill", link.skill},
                               {"workspace", link.workspace},
                               {"mark", link.mark},
                               {"detail", link.detail}});
  }
  return out;
}

int no_workspace(Printer& print) {
  return print.fail(kExitRefused, "no_workspace",
                    "no workspace is configured (agents.defaults.workspace); name one with "
                    "--workspace DIR");
}

// How many links have each mark.
std::map<std::string, int> counts(const std::vector<SkillLink>& links) {
  std::map<std::string, int> out;
  for (const SkillLink& link : links) ++out[link.mark];
  return out;
}

int run_sync(Session& session, Printer& print, const SkillRequest& request) {
  const auto links = sync_skills(session, request);
  if (links.empty()) return no_workspace(print);
  auto count = counts(links);
  const int exit = count["!"] > 0 ? kExitRefused : kExitOk;
  if (print.json()) {
    print.document(json::object{{"success", exit == kExitOk},
                                {"dryRun", request.dry_run},
                                {"links", described(links)},
                                {"linked", count["+"]},
                                {"unchanged", count["="]},
                                {"replaced", count["~"]},
                                {"failed", count["!"]}});
    return exit;
  }
  for (const SkillLink& link : links) {
    const std::string text =
        link.mark + ' ' + link.workspace + "/skills/" + link.skill + " \u2192 " + link.detail;
    if (link.mark == "!") {
      print.failure(text);
    } else {
      print.line(text);
    }
  }
  print.line(std::string(request.dry_run ? "dry run: " : "") +
             "linked=" + std::to_string(count["+"]) + " unchanged=" + std::to_string(count["="]) +
             " replaced=" + std::to_string(count["~"]) + " failed=" + std::to_string(count["!"]));
  return exit;
}

int run_verify(Session& session, Printer& print, const SkillRequest& request) {
  const auto links = verify_skills(session, request);
  if (links.empty()) return no_workspace(print);
  auto count = counts(links);
  const int exit = count["!"] > 0 ? kExitRefused : kExitOk;
  if (print.json()) {
    print.document(json::object{{"success", exit == kExitOk},
                                {"links", described(links)},
                                {"ok", count["ok"]},
                                {"failed", count["!"]}});
    return exit;
  }
  for (const SkillLink& link : links) {
    const std::string text = link.workspace + ' ' + link.skill + ": " + link.detail;
    if (link.mark == "!") {
      print.failure(text);
    } else {
      print.success(text);
    }
  }
  print.line("ok=" + std::to_string(count["ok"]) + " failed=" + std::to_string(count["!"]));
  return exit;
}

CLI::App& add_verb(CLI::App& root, CommandLine& line, const char* path, const char* help,
                   const std::shared_ptr<SkillFlags>& flags,
                   int (*run)(Session&, Printer&, const SkillRequest&)) {
  CLI::App& command = subcommand(root, path, help);
  add_list(command, "--skill", flags->request.skills, "Which (repeat; ansible)");
  add_list(command, "--workspace", flags->request.workspaces,
           "Where (repeat); else those of the configuration");
  add_output_flags(command, line);
  command.callback([&line, flags, run] {
    read_sources(*flags);
    line.action = [flags, run](Session& s, Printer& p) { return run(s, p, flags->request); };
  });
  return command;
}

}  // namespace

void add_skill_verbs(CLI::App& root, CommandLine& line) {
  subcommand(root, "ansible skills", "Link skills into workspaces, and say who has which");
  auto flags = std::make_shared<SkillFlags>();
  CLI::App& sync =
      add_verb(root, line, "ansible skills sync",
               "Link skills of this machine into workspaces; downloads nothing", flags, run_sync);
  add_list(sync, "--source", flags->sources, "NAME=PATH: the folder that a skill lies in (repeat)");
  sync.add_option("--shared-root", flags->request.shared_root,
                  "Where the machine's skills are (~/.openclaw/shared-skills)");
  sync.add_flag("--force-replace", flags->request.force_replace,
                "Put aside what stands where a link belongs");
  sync.add_flag("--update-source", flags->request.update_source,
                "Let --source replace what the shared place links to");
  sync.add_flag("--dry-run", flags->request.dry_run, "Only show what would be done");
  add_verb(root, line, "ansible skills verify", "Check that the links lead to skills",
           std::make_shared<SkillFlags>(), run_verify);
}

}  // namespace gateway_app
