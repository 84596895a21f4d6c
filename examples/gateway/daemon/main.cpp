// openclawd: the gateway as a daemon.
#include <CLI/CLI.hpp>
#include <csignal>
#include <map>

#include "daemon/daemon.hpp"
#include "gateway/plugin_abi.h"

#ifdef GATEWAY_STOP_POINTS
#include <cstdlib>
#include <fstream>

namespace {

// For crash tests: kills the process at the step that $GATEWAY_STOP_AT names, as host/stop_point.hpp does.
void stop_at_rollout_step(const std::string& step) {
  const char* variable = std::getenv("GATEWAY_STOP_AT");
  std::string wanted = variable == nullptr ? "" : variable;
  if (wanted.starts_with("@")) {
    std::ifstream file(wanted.substr(1));
    wanted.clear();
    file >> wanted;
  }
  if (wanted == "rollout." + step) std::raise(SIGKILL);
}

}  // namespace
#endif

namespace {

// An option that takes one of a few words. (CLI11's own takes the numbers behind them as well, and shows them.)
template <class T>
void add_words(CLI::App& app, const char* name, const char* words, T& out,
               std::map<std::string, T> meanings) {
  app.add_option_function<std::string>(
         name,
         [name, words, &out, meanings = std::move(meanings)](const std::string& word) {
           const auto found = meanings.find(word);
           if (found == meanings.end()) {
             throw CLI::ValidationError(name, std::string("expected ") + words + ", got " + word);
           }
           out = found->second;
         },
         words)
      ->type_name("WORD");
}

}  // namespace

int main(int argc, char** argv) {
  using namespace gateway_app;
  CLI::App app{"The gateway: serves agents' tools over HTTP and keeps their state.", "openclawd"};
  DaemonOptions options;
  std::uint32_t level = GW_LOG_INFO;
  LogFormat format = LogFormat::kText;
  app.add_option("--config", options.request.config, "Configuration file");
  app.add_option("--state-dir", options.request.state_dir,
                 "Directory of the store and the releases");
  app.add_option("--port", options.port, "TCP port instead of the configured one; 0: any free one");
  add_words<std::uint32_t>(app, "--log-level", "debug, info, warn or error", level,
                           {{"debug", GW_LOG_DEBUG},
                            {"info", GW_LOG_INFO},
                            {"warn", GW_LOG_WARN},
                            {"error", GW_LOG_ERROR}});
  add_words<LogFormat>(app, "--log-format", "text or json", format,
                       {{"text", LogFormat::kText}, {"json", LogFormat::kJson}});
  app.set_version_flag("--version", std::string("openclawd ") + OPENCLAW_VERSION + " (plugin ABI " +
                                        std::to_string(GW_ABI_MAJOR) + "." +
                                        std::to_string(GW_ABI_MINOR) + ")");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  // A log pipe that is closed must not end the gateway.
  std::signal(SIGPIPE, SIG_IGN);
  options.env = Environment::of_process();
#ifdef GATEWAY_STOP_POINTS
  options.at_rollout_step = stop_at_rollout_step;
#endif
  const Logger log(level, format);
  return run_daemon(options, log);
}
