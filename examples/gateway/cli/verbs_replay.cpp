// openclaw plugins replay
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "cli/canary_text.hpp"
#include "cli/list_option.hpp"
#include "cli/replay_text.hpp"
#include "cli/verb.hpp"
#include "gateway/replay.hpp"

namespace gateway_app {
namespace {

constexpr const char* kSlot = "ansible";

struct ReplayWords {
  std::string journal;
  std::string base;
  std::string candidate;
  std::vector<std::string> allow;  // TOOL:POINTER
  std::size_t limit = 20;
};

gateway::ReplayOptions replay_options(Session& session, const LoadedConfig& loaded,
                                      const ReplayWords& words) {
  gateway::ReplayOptions options;
  const Config& config = loaded.config;
  options.prover = config.prover.empty() ? shipped_prover(session.env().executable) : config.prover;
  options.plugin = kSlot;
  options.plugins_root =
      config.plugins_root.empty() ? loaded.state_dir + "/plugins/" + kSlot : config.plugins_root;
  options.signatures = config.plugin.signatures;
  options.limit = words.limit;
  for (const std::string& entry : words.allow) options.allow.push_back(allowed_difference(entry));
  return options;
}

// What is wrong with the words of the command line, as opposed to a release.
int exit_of(const std::string& code) {
  if (code == "nothing_recorded") return kExitInconclusive;
  const bool usage = code == "not_found" || code == "ambiguous" || code == "not_a_journal";
  return usage ? kExitUsage : kExitRefused;
}

int run_replay(Session& session, Printer& print, const ReplayWords& words) {
  if (!session.loaded().ok()) {
    return print.fail(kExitRefused, session.loaded().error().code,
                      session.loaded().error().message);
  }
  const LoadedConfig& loaded = *session.loaded();
  const auto absolute = [&](const std::string& path) {
    return absolute_path(path, session.env().working_directory, session.env().home);
  };
  std::string journal = loaded.state_dir + "/journal";
  if (!words.journal.empty()) {
    journal = absolute(words.journal);
  } else if (!std::filesystem::exists(journal)) {
    return print.fail(kExitInconclusive, "nothing_recorded",
                      "there is no journal at " + journal +
                          "\n  set plugins.entries.ansible.journal to true and restart the gateway "
                          "to record one");
  }
  const auto file_or_name = [&](const std::string& what) {
    return what.find('/') != std::string::npos ? absolute(what) : what;
  };
  const auto report =
      gateway::replay(journal, file_or_name(words.base), file_or_name(words.candidate),
                      replay_options(session, loaded, words));
  if (!report.ok()) {
    return print.fail(exit_of(report.error().code), report.error().code, report.error().message);
  }
  if (print.json()) {
    print.document(replay_json(*report));
  } else {
    show_replay(print, *report);
  }
  return report->same() ? kExitOk : kExitRefused;
}

}  // namespace

void add_replay_verb(CLI::App& root, CommandLine& line) {
  CLI::App& command = subcommand(
      root, "plugins replay",
      "Run what was recorded again on two releases: 0 same, 1 different, 5 nothing recorded");
  auto words = std::make_shared<ReplayWords>();
  command
      .add_option("--base", words->base, "The release that is right: a file, version or SHA-256")
      ->required()
      ->type_name("FILE|SHA256|VERSION");
  command.add_option("--candidate", words->candidate, "The release that is compared with it")
      ->required()
      ->type_name("FILE|SHA256|VERSION");
  command
      .add_option("--journal", words->journal,
                  "A file of the journal, or a directory of them (<state directory>/journal)")
      ->type_name("PATH");
  add_list(command, "--allow", words->allow,
           "TOOL:POINTER of an intended difference, such as ansible_status:/reply/x")
      ->type_name("TOOL:POINTER");
  command.add_option("--limit", words->limit, "Differences to show (20)")
      ->check(CLI::Range(1, 10'000));
  add_output_flags(command, line);
  command.callback([&line, words] {
    line.action = [words](Session& s, Printer& p) { return run_replay(s, p, *words); };
  });
}

}  // namespace gateway_app
