// What a command works with: the configuration, found once, and the gateway behind it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "cli/http.hpp"
#include "common/config_file.hpp"

namespace gateway_app {

namespace json = base::json;

// How a command ends (gateway.md, "CLI").
enum ExitCode : int {
  kExitOk = 0,
  kExitRefused = 1,  // by the tool, or the operation failed
  kExitUsage = 2,
  kExitUnreachable = 3,   // no gateway there
  kExitDenied = 4,        // 401/403, or a refusal that says who may
  kExitInconclusive = 5,  // it may have happened or not: outcome_unknown
};

// A reply of the gateway, whatever carried it.
struct Reply {
  int exit = kExitOk;
  json::object
      body;  // the details of a tool, or the result of a host operation; a refusal has error and code
  std::string message;  // why it failed, for people; empty on success
  bool ok() const { return exit == kExitOk; }
};

// Options that every command takes.
struct GlobalOptions {
  std::optional<std::string> config;
  std::optional<std::string> state_dir;
  bool json = false;
};

// Thread rule: one thread.
class Session {
 public:
  Session(GlobalOptions options, Environment env);

  // Configuration and state directory; errors as load_config.
  gateway::Result<LoadedConfig>& loaded();

  // POST /tools/invoke. `token` (an agent's) goes into the arguments.
  Reply invoke(std::string_view tool, json::object args);

  // GET with the operator's token.
  Reply get(std::string_view path);

  // POST /host/<verb> on the state directory's socket.
  Reply host(std::string_view verb, const json::object& body,
             std::chrono::seconds timeout = std::chrono::seconds(600));

  const GlobalOptions& options() const { return options_; }
  const Environment& env() const { return env_; }
  // Where the gateway is: $OPENCLAW_GATEWAY_URL, gateway.url, what the daemon of this state directory
  // and configuration says (it may have been started with another --port), else where the
  // configuration puts it.
  std::string url();
  std::string host_socket();

 private:
  Reply failed(const gateway::Error& error) const;
  std::optional<HttpTarget> target(std::string& problem);
  Reply no_answer(const gateway::Error& error);
  std::string running_url();
  GlobalOptions options_;
  Environment env_;
  std::optional<gateway::Result<LoadedConfig>> loaded_;
  std::string url_;  // empty: not looked for yet
};

// Does `code` of a refusal mean "you may not" (exit 4)?
bool denies(std::string_view code);

}  // namespace gateway_app
