// openclaw: the command line of the gateway.
#include <CLI/CLI.hpp>

#include "base/nearest.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

// The command that an unknown word was given to, and the word.
struct Stray {
  CLI::App* under;
  std::string word;
};

// Of the global options; those of a command come after its words.
bool takes_value(std::string_view option) {
  return option == "--config" || option == "--state-dir" || option == "--format";
}

// Follows the words as far as they are commands; the first that is none is the stray one.
Stray find_stray(CLI::App& root, int argc, char** argv) {
  CLI::App* at = &root;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("-")) {
      if (takes_value(word)) ++i;
      continue;
    }
    CLI::App* next = child(*at, word);
    if (next == nullptr) return {at, word};
    at = next;
  }
  return {at, ""};
}

std::string path_of(const CLI::App& app) {
  std::string path = app.get_name();
  for (const CLI::App* up = app.get_parent(); up != nullptr; up = up->get_parent()) {
    path = up->get_name() + ' ' + path;
  }
  return path;
}

// A usage error in our words: what is wrong, the nearest command, where help is.
int usage(CLI::App& root, const CLI::ParseError& error, int argc, char** argv, Printer& print) {
  const Stray stray = find_stray(root, argc, argv);
  std::vector<std::string> names;
  for (const CLI::App* sub : children(*stray.under)) names.push_back(sub->get_name());
  std::string text = error.what();
  const bool bad_value = dynamic_cast<const CLI::ValidationError*>(&error) != nullptr;
  if (!bad_value && !stray.word.empty() && !names.empty()) {
    text = "'" + stray.word + "' is no command of '" + path_of(*stray.under) + "'";
    const std::string near = base::nearest(stray.word, names);
    if (!near.empty()) text += "; did you mean '" + near + "'?";
  }
  text += "\n  " + path_of(*stray.under) + " --help lists what there is";
  return print.fail(kExitUsage, "usage", text);
}

void add_global_options(CLI::App& app, CommandLine& line) {
  app.add_option("--config", line.global.config,
                 "Configuration file; else $OPENCLAW_CONFIG, ~/.openclaw/openclaw.json");
  app.add_option("--state-dir", line.global.state_dir,
                 "State directory; else $OPENCLAW_STATE_DIR, ~/.openclaw/state");
  add_output_flags(app, line);
  app.set_version_flag("--version", "openclaw " OPENCLAW_VERSION);
}

bool asks_for_json(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--json") return true;
  }
  return false;
}

int main_of(int argc, char** argv) {
  CommandLine line;
  CLI::App app("The gateway's command line", "openclaw");
  app.fallthrough();
  app.require_subcommand(1);
  add_global_options(app, line);
  subcommand(app, "ansible", "Coordinate agents: tasks, SLAs, messages");
  add_gateway_verbs(app, line);
  add_config_verbs(app, line);
  add_storage_verbs(app, line);
  add_plugin_verbs(app, line);
  add_canary_verbs(app, line);
  add_replay_verb(app, line);
  add_rollout_verbs(app, line);
  add_status_verbs(app, line);
  add_tool_verbs(app, line);
  add_setup_verb(app, line);
  add_skill_verbs(app, line);
  add_sign_verb(app, line);
  add_completion_verb(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {  // --help and --version
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    Printer print(asks_for_json(argc, argv));
    return usage(app, error, argc, argv, print);
  }
  Printer print(line.global.json);
  if (!line.action) {
    const Stray at = find_stray(app, argc, argv);
    const CLI::App* parent = at.under->get_parent();
    std::fputs(at.under->help(parent != nullptr ? path_of(*parent) : "").c_str(), stderr);
    return kExitUsage;
  }
  Session session(line.global, Environment::of_process());
  return line.action(session, print);
}

}  // namespace
}  // namespace gateway_app

int main(int argc, char** argv) {
  try {
    return gateway_app::main_of(argc, argv);
  } catch (const std::exception& bug) {
    std::fprintf(stderr, "openclaw: internal error: %s\n", bug.what());
    return gateway_app::kExitRefused;
  }
}
