// openclaw config check|path
#include <CLI/CLI.hpp>

#include "cli/verb.hpp"

namespace gateway_app {
namespace {

int run_path(Session& session, Printer& print) {
  const auto& loaded = session.loaded();
  if (!loaded.ok()) return print.fail(kExitRefused, loaded.error().code, loaded.error().message);
  if (loaded->file.empty()) {
    return print.fail(kExitRefused, "config_missing",
                      "there is no configuration file; the gateway's first start writes " +
                          loaded->state_dir + "/openclaw.json");
  }
  if (print.json()) {
    print.document(json::object{{"file", loaded->file}, {"stateDir", loaded->state_dir}});
  } else {
    print.line(loaded->file);
  }
  return kExitOk;
}

int run_check(Session& session, Printer& print) {
  const auto& loaded = session.loaded();
  if (!loaded.ok()) return print.fail(kExitRefused, loaded.error().code, loaded.error().message);
  const std::string missing = why_not_loadable(loaded->config);
  json::array warnings;
  for (const std::string& warning : loaded->warnings) {
    warnings.emplace_back(warning);
    print.warning(warning);
  }
  if (!missing.empty()) return print.fail(kExitRefused, "config_incomplete", missing);
  if (print.json()) {
    print.document(
        json::object{{"ok", true}, {"file", loaded->file}, {"warnings", std::move(warnings)}});
  } else {
    print.success((loaded->file.empty() ? "no file, the defaults are" : loaded->file + " is") +
                  std::string(" in order; the plugin validates its own part when it is loaded"));
  }
  return kExitOk;
}

}  // namespace

void add_config_verbs(CLI::App& root, CommandLine& line) {
  subcommand(root, "config", "Look at the configuration");
  CLI::App& check =
      subcommand(root, "config check", "Read the configuration and say what is wrong");
  add_output_flags(check, line);
  check.callback([&line] { line.action = run_check; });
  CLI::App& path = subcommand(root, "config path", "Print which file is used");
  add_output_flags(path, line);
  path.callback([&line] { line.action = run_path; });
}

}  // namespace gateway_app
