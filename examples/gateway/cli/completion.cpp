#include "cli/completion.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/verb.hpp"

namespace gateway_app {
namespace {

// "path|words" lines: what may follow each command.
void collect(const CLI::App& app, const std::string& path, std::string& out) {
  std::string words;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    words += ' ' + sub->get_name();
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words += " --" + name;
  }
  out += "    '" + path + "') words='" + (words.empty() ? "" : words.substr(1)) + "' ;;\n";
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    collect(*sub, path.empty() ? sub->get_name() : path + ' ' + sub->get_name(), out);
  }
}

// The commands before the cursor lead to what may follow; other words are values and change nothing.
std::string bash(const CLI::App& root) {
  std::string table;
  collect(root, "", table);
  return "_openclaw_words() {\n"
         "  case $1 in\n" +
         table +
         "    *) return 1 ;;\n"
         "  esac\n"
         "}\n"
         "_openclaw() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} path= word words=\n"
         "  _openclaw_words ''\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    if _openclaw_words \"${path:+$path }$word\"; then path=${path:+$path }$word; fi\n"
         "  done\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "}\n"
         "complete -o default -F _openclaw openclaw\n";
}

void fish(const CLI::App& app, const std::string& path, std::string& out) {
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    std::string condition = "__fish_use_subcommand";
    if (!path.empty()) condition = "__fish_seen_subcommand_from " + path;
    out += "complete -c openclaw -f -n '" + condition + "' -a '" + sub->get_name() + "'\n";
    fish(*sub, sub->get_name(), out);
  }
}

}  // namespace

std::string completion_script(const CLI::App& root, std::string_view shell) {
  if (shell == "bash") return bash(root);
  if (shell == "zsh") return "autoload -U +X bashcompinit && bashcompinit\n" + bash(root);
  if (shell == "fish") {
    std::string out;
    fish(root, "", out);
    return out;
  }
  return {};
}

void add_completion_verb(CLI::App& root, CommandLine& line) {
  CLI::App& command = subcommand(root, "completion", "Print a completion script for your shell");
  auto shell = std::make_shared<std::string>();
  command.add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command.callback([&line, &root, shell] {
    line.action = [&root, shell](Session&, Printer&) {
      std::fputs(completion_script(root, *shell).c_str(), stdout);
      return static_cast<int>(kExitOk);
    };
  });
}

}  // namespace gateway_app
