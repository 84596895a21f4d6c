// openclaw: the command line of the gateway.
#include <CLI/CLI.hpp>

#include "base/nearest.hpp"
#include "cli/command_words.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

std::string path_of(const CLI::App& app) {
  std::string path = app.get_name();
  for (const CLI::App* up = app.get_parent(); up != nullptr; up = up->get_parent()) {
    path = up->get_name() + ' ' + path;
  }
  return path;
}

bool asks_for_json(const CommandWords& words) {
  for (const CommandWord& word : words.words) {
    if (word.kind == CommandWord::Kind::kOption && word.text == "--json") return true;
  }
  return false;
}

// A usage error in our words: what is wrong, the nearest command, where help is.
int usage(const CommandWords& words, std::string text) {
  text += "\n  " + path_of(*words.command) + " --help lists what there is";
  Printer print(asks_for_json(words));
  return print.fail(kExitUsage, "usage", text);
}

std::string no_command(const CommandWords& words, const std::string& stray) {
  std::vector<std::string> names;
  for (const CLI::App* sub : children(*words.command)) names.push_back(sub->get_name());
  const std::string near = base::nearest(stray, names);
  return "'" + stray + "' is no command of '" + path_of(*words.command) + "'" +
         (near.empty() ? "" : "; did you mean '" + near + "'?");
}

int parse_error(const CommandWords& words, const CLI::ParseError& error) {
  const std::string stray = words.stray();
  const bool bad_value = dynamic_cast<const CLI::ValidationError*>(&error) != nullptr;
  return usage(words, bad_value || stray.empty() ? error.what() : no_command(words, stray));
}

// Values end up in JSON, which is UTF-8; a path may be any bytes.
std::string not_utf8(const CommandWords& words) {
  for (const CommandWord& word : words.words) {
    if (json::valid_utf8(word.text)) continue;
    const std::string type = word.option != nullptr ? word.option->get_type_name() : "";
    if (type == "FILE" || type == "DIR" || type == "PATH") continue;
    const std::string where = word.option != nullptr ? word.option->get_name() + ": " : "";
    return where + "expected UTF-8 text, got bytes that are none";
  }
  return "";
}

int show_help(CLI::App& app, const CommandWords& words, const CLI::Success& help) {
  const std::string stray = words.stray();
  return stray.empty() ? app.exit(help) : usage(words, no_command(words, stray));
}

void add_global_options(CLI::App& app, CommandLine& line) {
  app.add_option("--config", line.global.config,
                 "Configuration file; else $OPENCLAW_CONFIG, ~/.openclaw/openclaw.json")
      ->type_name("FILE");
  app.add_option("--state-dir", line.global.state_dir,
                 "State directory; else $OPENCLAW_STATE_DIR, ~/.openclaw/state")
      ->type_name("DIR");
  add_output_flags(app, line);
  app.set_version_flag("--version", "openclaw " OPENCLAW_VERSION);
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
  const CommandWords words = command_words(app, argc, argv);
  if (const std::string why = not_utf8(words); !why.empty()) return usage(words, why);
  try {
    app.parse(reversed_texts(words));
  } catch (const CLI::Success& help) {  // --help and --version
    return show_help(app, words, help);
  } catch (const CLI::ParseError& error) {
    return parse_error(words, error);
  }
  Printer print(line.global.json);
  if (!line.action) {
    const CLI::App* parent = words.command->get_parent();
    std::fputs(words.command->help(parent != nullptr ? path_of(*parent) : "").c_str(), stderr);
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
