// openclaw rollout start|status|report|pause|resume|promote|abort|rollback
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/follow_trial.hpp"
#include "cli/json_text.hpp"
#include "cli/rollout_text.hpp"
#include "cli/trial_options.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

constexpr double kDefaultSoak = 86'400;  // the runbook's: a day

struct RolloutWords {
  std::string to;
  double soak_seconds = kDefaultSoak;
  TrialWords trial;
  std::int64_t notifications = -1;
  double settle_seconds = -1;
  bool wait = false;
};

json::object body_of(const RolloutWords& words, const std::string& to) {
  json::object policy = policy_of(words.trial);
  policy["soakSeconds"] = words.soak_seconds;
  json::object body{{"to", to}, {"policy", std::move(policy)}};
  if (words.notifications >= 0) body["notifications"] = words.notifications;
  if (words.settle_seconds >= 0) body["settleSeconds"] = words.settle_seconds;
  return body;
}

// The rollout of that id as the gateway tells it now; empty: it does not.
json::object look(Session& session, const std::string& id) {
  const Reply reply = session.host("rollout/status", {});
  if (!reply.ok()) return {};
  json::object rollout = object_in(reply.body, "rollout");
  return text_of(rollout, "id") == id ? rollout : json::object{};
}

bool over(const json::object& rollout) { return text_of(rollout, "step") == "over"; }

int follow(Session& session, Printer& print, const std::string& id) {
  return follow_trial(print,
                      {.look = [&] { return look(session, id); },
                       .part = "step",
                       .over = over,
                       .line = rollout_progress,
                       .ending = rollout_ending,
                       .silence = "the gateway says nothing more about this rollout; it goes on "
                                  "when the gateway is up: openclaw rollout status"});
}

void show(Printer& print, const json::object& rollout) {
  print.line(rollout_title(rollout));
  for (const std::string& line : rollout_lines(rollout)) print.line("  " + line);
  if (over(rollout)) print.line("  " + rollout_ending(rollout));
}

int run_start(Session& session, Printer& print, const RolloutWords& words) {
  const std::string to =
      file_or_release(words.to, session.env().working_directory, session.env().home);
  const Reply reply = session.host("rollout/start", body_of(words, to));
  if (!reply.ok()) return print.fail(reply);
  const json::object rollout = object_in(reply.body, "rollout");
  if (words.wait) return follow(session, print, text_of(rollout, "id"));
  if (print.json()) {
    print.document(rollout);
    return kExitOk;
  }
  print.success("begun: " + rollout_title(rollout));
  print.line("  follow it with: openclaw rollout status");
  return kExitOk;
}

int run_status(Session& session, Printer& print) {
  const Reply reply = session.host("rollout/status", {});
  if (!reply.ok()) return print.fail(reply);
  if (print.json()) {
    print.document(reply.body);
    return kExitOk;
  }
  const json::object rollout = object_in(reply.body, "rollout");
  if (rollout.empty()) {
    print.line("No rollout was ever started here.");
  } else {
    show(print, rollout);
  }
  return kExitOk;
}

int run_report(Session& session, Printer& print, const std::string& id, const std::string& format) {
  json::object body;
  if (!id.empty()) body["id"] = id;
  const Reply reply = session.host("rollout/report", body);
  if (!reply.ok()) return print.fail(reply);
  if (format == "json") {
    print.document(object_in(reply.body, "rollout"));
  } else {
    print.line(text_of(reply.body, "markdown"));
  }
  return kExitOk;
}

struct Order {
  const char* name;
  const char* help;
  const char* done;
};
constexpr Order kOrders[] = {
    {"pause", "Hold the rollout and its trial", "paused"},
    {"resume", "Go on with it", "resumed"},
    {"promote", "Go on at once, without the rest of the trial or the soak", "promote ordered"},
    {"abort", "End it: the release before serves; nothing is quarantined", "abort ordered"},
    {"rollback", "Go back to the release before, after the rollout was done", "rollback ordered"},
};

int run_order(Session& session, Printer& print, const Order& order) {
  const Reply reply = session.host(std::string("rollout/") + order.name, {});
  if (!reply.ok()) return print.fail(reply);
  const json::object rollout = object_in(reply.body, "rollout");
  if (print.json()) {
    print.document(rollout);
    return kExitOk;
  }
  print.success(std::string(order.done) + ": " + rollout_title(rollout));
  print.line("  follow it with: openclaw rollout status");
  return kExitOk;
}

void add_start(CLI::App& root, CommandLine& line) {
  CLI::App& command = subcommand(root, "rollout start", "Bring a release up by the runbook");
  auto words = std::make_shared<RolloutWords>();
  command.add_option("--to", words->to, "The release: a version, a SHA-256 prefix or a file")
      ->required()
      ->type_name("FILE|SHA256|VERSION");
  command
      .add_option("--soak", words->soak_seconds, "Seconds that it soaks, notifying nobody (86400)")
      ->check(trial_seconds());
  add_trial_options(command, words->trial);
  command
      .add_option("--enable-notifications", words->notifications,
                  "When it is done, let a sweep write so many messages (off)")
      ->check(CLI::Range(1, 1'000'000));
  command
      .add_option("--settle", words->settle_seconds,
                  "Seconds between the dry-run sweeps after a rollback (5)")
      ->check(CLI::Range(0.0, 3'600.0));
  command.add_flag("--wait", words->wait,
                   "Follow it: 0 promoted, 1 rolled back, refused or aborted, 5 inconclusive");
  add_output_flags(command, line);
  command.callback([&line, words] {
    line.action = [words](Session& s, Printer& p) { return run_start(s, p, *words); };
  });
}

void add_report(CLI::App& root, CommandLine& line) {
  CLI::App& command =
      subcommand(root, "rollout report", "What a rollout did, with every number (the newest)");
  auto id = std::make_shared<std::string>();
  auto format = std::make_shared<std::string>("md");
  command.add_option("ID", *id, "The rollout's id")->type_name("[ID]");
  command.add_option("--format", *format, "md or json")->check(CLI::IsMember({"md", "json"}));
  command.callback([&line, id, format] {
    if (*format == "json") line.global.json = true;
    line.action = [id, format](Session& s, Printer& p) { return run_report(s, p, *id, *format); };
  });
}

}  // namespace

void add_rollout_verbs(CLI::App& root, CommandLine& line) {
  subcommand(root, "rollout", "The deployment runbook: preflight, canary, validation, soak");
  add_start(root, line);
  CLI::App& status = subcommand(root, "rollout status", "How far it is, phase by phase");
  add_output_flags(status, line);
  status.callback(
      [&line] { line.action = [](Session& s, Printer& p) { return run_status(s, p); }; });
  add_report(root, line);
  for (const Order& order : kOrders) {
    CLI::App& command = subcommand(root, std::string("rollout ") + order.name, order.help);
    add_output_flags(command, line);
    command.callback([&line, &order] {
      line.action = [&order](Session& s, Printer& p) { return run_order(s, p, order); };
    });
  }
}

}  // namespace gateway_app
