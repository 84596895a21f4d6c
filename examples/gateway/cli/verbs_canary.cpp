// openclaw plugins canary|promote|pause|resume|abort
#include <CLI/CLI.hpp>
#include <memory>
#include <tuple>

#include "cli/canary_text.hpp"
#include "cli/follow_trial.hpp"
#include "cli/json_text.hpp"
#include "cli/list_option.hpp"
#include "cli/trial_options.hpp"
#include "cli/verb.hpp"

namespace gateway_app {
namespace {

constexpr const char* kSlot = "ansible";

struct CanaryWords {
  std::string id = kSlot;
  std::string what;
  std::string from_stage;
  double soak_seconds = -1;
  TrialWords trial;
  bool wait = false;
};

json::object body_of(const CanaryWords& words, const std::string& what) {
  json::object policy = policy_of(words.trial);
  if (!words.from_stage.empty()) policy["fromStage"] = words.from_stage;
  if (words.soak_seconds >= 0) policy["soakSeconds"] = words.soak_seconds;
  return {{"id", words.id}, {"what", what}, {"policy", std::move(policy)}};
}

// The canary of that id as the gateway tells it now; empty: it does not.
json::object look(Session& session, const std::string& id) {
  const Reply reply = session.host("plugins/list", {});
  if (!reply.ok()) return {};
  for (const json::value& slot : array_in(reply.body, "plugins")) {
    if (!slot.is_object()) continue;
    json::object canary = object_in(slot.get_object(), "canary");
    if (text_of(canary, "id") == id) return canary;
  }
  return {};
}

int follow(Session& session, Printer& print, const std::string& id) {
  return follow_trial(
      print, {.look = [&] { return look(session, id); },
              .part = "stage",
              .over = [](const json::object& canary) { return !bool_of(canary, "running"); },
              .line = canary_line,
              .ending = canary_ending,
              .silence = "the gateway says nothing more about this canary; see: openclaw plugins "
                         "history"});
}

int run_canary(Session& session, Printer& print, const CanaryWords& words) {
  const std::string what =
      file_or_release(words.what, session.env().working_directory, session.env().home);
  const Reply reply = session.host("plugins/canary", body_of(words, what));
  if (!reply.ok()) return print.fail(reply);
  if (words.wait) return follow(session, print, text_of(reply.body, "id"));
  if (print.json()) {
    print.document(reply.body);
    return kExitOk;
  }
  print.success("on trial: version " + text_of(object_in(reply.body, "candidate"), "version") +
                " beside version " + text_of(object_in(reply.body, "active"), "version"));
  print.line("  " + canary_line(reply.body));
  print.line("  follow it with: openclaw plugins list");
  return kExitOk;
}

struct Order {
  const char* name;
  const char* help;
  const char* done;
};
constexpr Order kOrders[] = {
    {"promote", "Promote the release on trial now; in its soak: mark it good now", "promoted"},
    {"pause", "Hold the trial: no new call goes to the candidate", "paused"},
    {"resume", "Go on with the trial", "resumed"},
    {"abort", "End the trial: the release before serves alone", "ended"},
};

int run_order(Session& session, Printer& print, const Order& order, const std::string& id) {
  const Reply reply = session.host(std::string("plugins/") + order.name, json::object{{"id", id}});
  if (!reply.ok()) return print.fail(reply);
  if (print.json()) {
    print.document(reply.body);
    return kExitOk;
  }
  print.success(std::string(order.done) + ": version " +
                text_of(object_in(reply.body, "candidate"), "version"));
  print.line("  " + canary_line(reply.body));
  return kExitOk;
}

void add_canary(CLI::App& root, CommandLine& line) {
  CLI::App& command =
      subcommand(root, "plugins canary",
                 "Judge a release beside the active one and promote it if it stands the trial");
  auto words = std::make_shared<CanaryWords>();
  auto given = std::make_shared<std::vector<std::string>>();
  add_list(command, "FILE|SHA256|VERSION", *given, "The slot (ansible) and a release")
      ->required()
      ->type_name("[ID] FILE|SHA256|VERSION");
  command.add_option("--from-stage", words->from_stage, "shadow, split or soak: skip those before")
      ->check(CLI::IsMember({"shadow", "split", "soak"}));
  command.add_option("--soak", words->soak_seconds, "Least time of the soak (watchSeconds)")
      ->check(trial_seconds());
  add_trial_options(command, words->trial);
  command.add_flag("--wait", words->wait,
                   "Follow it: 0 promoted, 1 rolled back or aborted, 5 inconclusive");
  add_output_flags(command, line);
  command.callback([&line, words, given] {
    std::tie(words->id, words->what) = slot_and_what(*given, "FILE|SHA256|VERSION");
    line.action = [words](Session& s, Printer& p) { return run_canary(s, p, *words); };
  });
}

}  // namespace

void add_canary_verbs(CLI::App& root, CommandLine& line) {
  add_canary(root, line);
  for (const Order& order : kOrders) {
    CLI::App& command = subcommand(root, std::string("plugins ") + order.name, order.help);
    auto id = std::make_shared<std::string>(kSlot);
    command.add_option("ID", *id, "The slot (ansible)")->type_name("[ID]");
    add_output_flags(command, line);
    command.callback([&line, &order, id] {
      line.action = [&order, id](Session& s, Printer& p) { return run_order(s, p, order, *id); };
    });
  }
}

}  // namespace gateway_app
