// openclaw config check|path
#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>

#include "cli/verb.hpp"
#include "gateway/try_library.hpp"

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

std::string prover_of(const Session& session, const Config& config) {
  if (!config.prover.empty()) return config.prover;
  const std::string shipped = shipped_prover(session.env().executable);
  const std::filesystem::path program(session.env().executable);
  return shipped.empty() ? (program.parent_path() / "gateway-prover").string() : shipped;
}

// Why the gateway would not start, or not load the plugin, whose own part of the configuration is its library's to judge.
// `odd` gets what is worth a warning.
std::optional<gateway::Error> what_is_wrong(const Session& session, const Config& config,
                                            std::vector<std::string>& odd) {
  if (const std::string why = why_not_startable(config); !why.empty()) {
    return gateway::Error{"token_missing", why};
  }
  if (const std::string why = why_not_loadable(config); !why.empty()) {
    return gateway::Error{"config_incomplete", why};
  }
  const auto tried = gateway::try_library(prover_of(session, config), config.plugin.library,
                                          config.plugin.config_json);
  if (!tried.ok()) return tried.error();
  for (const std::string& line : *tried) {
    odd.push_back((line.starts_with('/') ? "plugins.entries.ansible.config" : "") + line);
  }
  return std::nullopt;
}

int run_check(Session& session, Printer& print) {
  const auto& loaded = session.loaded();
  if (!loaded.ok()) return print.fail(kExitRefused, loaded.error().code, loaded.error().message);
  std::vector<std::string> odd = loaded->warnings;
  const auto wrong = what_is_wrong(session, loaded->config, odd);
  json::array warnings;
  for (const std::string& warning : odd) {
    warnings.emplace_back(warning);
    print.warning(warning);
  }
  if (wrong) return print.fail(kExitRefused, wrong->code, wrong->message);
  if (print.json()) {
    print.document(
        json::object{{"ok", true}, {"file", loaded->file}, {"warnings", std::move(warnings)}});
  } else {
    print.success(loaded->file + " is in order");
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
