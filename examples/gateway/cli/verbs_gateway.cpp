// openclaw gateway run|start|stop|restart|status|health
#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include "cli/daemon_process.hpp"
#include "cli/json_text.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kReadyLimit{15'000};
constexpr milliseconds kStopLimit{40'000};
constexpr std::size_t kLogLines = 15;

struct StartFlags {
  std::string port;
  std::string log_level;
};

struct Log {
  std::string file;
  std::uintmax_t before = 0;  // bytes that earlier runs have written
};

std::string daemon_program(const Session& session) {
  return (std::filesystem::path(session.env().executable).parent_path() / "openclawd").string();
}

std::vector<std::string> daemon_args(Session& session, const StartFlags& flags) {
  std::vector<std::string> args;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) args.insert(args.end(), {name, value});
  };
  add("--config", session.options().config.value_or(""));
  add("--state-dir", session.loaded()->state_dir);
  add("--port", flags.port);
  add("--log-level", flags.log_level);
  return args;
}

int run_foreground(Session& session, Printer& print, const StartFlags& flags) {
  if (!session.loaded().ok()) return print.fail(1, "config", session.loaded().error().message);
  const auto error = exec_daemon(daemon_program(session), daemon_args(session, flags));
  return print.fail(kExitRefused, error.code, error.message);
}

void show_running(Printer& print, const json::object& status, const std::string& log) {
  if (print.json()) {
    print.document(status);
    return;
  }
  print.success("gateway is up at " + text_of(status, "url") + " (pid " + text_of(status, "pid") +
                ")");
  print.field("log", log);
}

// Waits until the daemon answers on its socket and is ready, has ended, or the time is over.
int wait_ready(Session& session, Printer& print, pid_t pid, const Log& log) {
  const auto end = std::chrono::steady_clock::now() + kReadyLimit;
  // With such a configuration it waits for another one.
  const std::string never =
      session.loaded()->file.empty() ? "" : why_not_loadable(session.loaded()->config);
  Reply reply;
  do {
    if (child_ended(pid)) {
      return print.fail(kExitRefused, "start_failed",
                        "the gateway ended at once; " + log.file + " says:\n" +
                            tail(log.file, log.before, kLogLines));
    }
    reply = session.host("gateway/status", {});
    if (reply.ok() && int_of(reply.body, "pid") == pid && bool_of(reply.body, "ready")) {
      show_running(print, reply.body, log.file);
      return kExitOk;
    }
    if (!never.empty() && reply.ok() && text_of(reply.body, "reason") == never) break;
    std::this_thread::sleep_for(milliseconds(20));
  } while (std::chrono::steady_clock::now() < end);
  const std::string why = reply.ok() ? text_of(reply.body, "reason", "not ready") : reply.message;
  return print.fail(kExitRefused, "not_ready",
                    "the gateway runs (pid " + std::to_string(pid) + ") but is not ready: " + why +
                        "; see " + log.file);
}

int run_start(Session& session, Printer& print, const StartFlags& flags) {
  if (!session.loaded().ok()) return print.fail(1, "config", session.loaded().error().message);
  const Reply running = session.host("gateway/status", {});
  if (running.ok()) {
    if (!print.json()) print.line("already running");
    show_running(print, running.body, session.loaded()->state_dir + "/gateway.log");
    return kExitOk;
  }
  // They are in the log as well, but who starts the wrong gateway does not look there.
  for (const std::string& warning : session.loaded()->warnings) print.warning(warning);
  const std::string state = session.loaded()->state_dir;
  claim_state_dir(state);  // the log begins before the daemon does
  Log log{state + "/gateway.log"};
  std::error_code ec;
  if (const auto size = std::filesystem::file_size(log.file, ec); !ec) log.before = size;
  const auto pid = spawn_daemon(daemon_program(session), daemon_args(session, flags), log.file);
  if (!pid.ok()) return print.fail(kExitRefused, pid.error().code, pid.error().message);
  return wait_ready(session, print, *pid, log);
}

int run_stop(Session& session, Printer& print) {
  const Reply reply = session.host("gateway/stop", {});
  if (!reply.ok()) return print.fail(reply);
  const auto pid = static_cast<pid_t>(int_of(reply.body, "pid"));
  if (!wait_gone(pid, kStopLimit)) {
    return print.fail(kExitRefused, "still_running",
                      "the gateway (pid " + std::to_string(pid) + ") is still draining");
  }
  if (print.json()) {
    print.document(reply.body);
  } else {
    print.success("gateway stopped (pid " + std::to_string(pid) + ")");
  }
  return kExitOk;
}

int run_restart(Session& session, Printer& print, const StartFlags& flags) {
  const Reply reply = session.host("gateway/stop", {});
  if (!reply.ok() && reply.exit != kExitUnreachable) return print.fail(reply);
  if (reply.ok() && !wait_gone(static_cast<pid_t>(int_of(reply.body, "pid")), kStopLimit)) {
    return print.fail(kExitRefused, "still_running", "the gateway is still draining");
  }
  return run_start(session, print, flags);
}

int run_status(Session& session, Printer& print) {
  const Reply reply = session.get("/status");
  if (!reply.ok()) return print.fail(reply);
  if (print.json()) {
    print.document(reply.body);
    return kExitOk;
  }
  const json::object plugin = object_in(reply.body, "plugin");
  const json::object store = object_in(reply.body, "store");
  const json::object node = object_in(reply.body, "node");
  print.success("gateway is running at " + text_of(reply.body, "url", session.url()) + " (pid " +
                text_of(reply.body, "pid") + ", up " + text_of(reply.body, "uptimeSeconds") +
                " s)");
  print.field("ready",
              bool_of(reply.body, "ready") ? "yes" : "no: " + text_of(reply.body, "reason"));
  print.field("node", text_of(node, "id") + " (" + text_of(node, "tier") + ")");
  print.field("plugin", text_of(plugin, "id") + " " + text_of(plugin, "version", "none") + " [" +
                            text_of(plugin, "state") + "]");
  print.field("plugin trouble", text_of(plugin, "reason"));
  print.field("store", text_of(store, "engine") + " " + text_of(store, "path") + " (sequence " +
                           text_of(store, "sequence") + ")");
  print.field("config", text_of(reply.body, "configFile"));
  return kExitOk;
}

int run_health(Session& session, Printer& print) {
  const Reply reply = session.get("/readyz");
  if (!reply.ok()) return print.fail(reply);
  if (print.json()) {
    print.document(json::object{{"ok", true}});
  } else {
    print.line("OK");
  }
  return kExitOk;
}

template <class Run>
void add(CLI::App& root, CommandLine& line, const char* path, const char* help, Run run) {
  CLI::App& command = subcommand(root, path, help);
  add_output_flags(command, line);
  command.callback([&line, run] { line.action = run; });
}

using StartRun = int (*)(Session&, Printer&, const StartFlags&);

void add_start(CLI::App& root, CommandLine& line, const char* path, const char* help,
               StartRun run) {
  CLI::App& command = subcommand(root, path, help);
  auto flags = std::make_shared<StartFlags>();
  command.add_option("--port", flags->port, "Port, instead of the configured one");
  command.add_option("--log-level", flags->log_level, "debug, info, warn or error");
  add_output_flags(command, line);
  command.callback([&line, flags, run] {
    line.action = [flags, run](Session& s, Printer& p) { return run(s, p, *flags); };
  });
}

}  // namespace

void add_gateway_verbs(CLI::App& root, CommandLine& line) {
  subcommand(root, "gateway", "Run, start, stop and look at the gateway");
  add_start(root, line, "gateway run", "Run the gateway in the foreground", run_foreground);
  add_start(root, line, "gateway start", "Start the gateway and wait until it is ready", run_start);
  add(root, line, "gateway stop", "Drain the gateway and stop it", run_stop);
  add_start(root, line, "gateway restart", "Stop, then start", run_restart);
  add(root, line, "gateway status", "What runs, where, with which plugin", run_status);
  add(root, line, "gateway health", "Prints OK when the gateway is ready", run_health);
}

}  // namespace gateway_app
