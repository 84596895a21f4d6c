// A command that calls one tool, described by a table row.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/printer.hpp"
#include "cli/session.hpp"

namespace CLI {
class App;
}

namespace gateway_app {

enum class FlagType : unsigned char {
  kText,
  kInteger,
  kSwitch,     // present: true
  kSwitchOff,  // present: false ("--no-record-only")
  kWord,       // present: the text of `preset` ("--reject")
  kTrueFalse,  // "t|f"
  kTexts,      // may be repeated, or a comma-separated list
  kJson,       // a JSON object
  kFile,       // the text of a file
  kJsonFile,   // a file that holds one
};

// A command-line flag and the argument it sets.
struct Flag {
  const char* names;  // CLI11's: "-s,--status"
  // The tool's argument; "sla.acceptSlaSeconds" sets a member; "@out" is the command's own.
  const char* arg;
  FlagType type = FlagType::kText;
  bool required = false;
  const char* preset = nullptr;  // used when the flag is absent (of kWord: when it is present)
  const char* help = nullptr;    // instead of the argument's own description
};

// Shows a reply to people. JSON mode never gets here.
using Render = void (*)(Printer& print, const json::object& reply, const json::object& args);

// Carries out a command that is more than one call; returns the exit code. `args` holds what the flags gave.
using Run = int (*)(Session& session, Printer& print, json::object args);

// `path` is below `openclaw`: "ansible tasks claim".
struct ToolVerb {
  const char* path;
  const char* tool;
  std::span<const Flag> flags;
  Render render = nullptr;
  const char* positional = nullptr;       // argument set by a required positional word
  const char* positional_name = nullptr;  // how help shows it
  const char* actor_arg = nullptr;        // what --as sets: "agentId", "from_agent" or "agent"
  const char* help = nullptr;             // instead of the tool's own description
  const char* secret = nullptr;  // member of the reply that --write-token-file puts into a file
  bool own_token = false;  // --token is a flag of the verb; an agent's comes from the environment
  Run run = nullptr;       // instead of one call and `render`
};

std::span<const ToolVerb> task_verbs();
std::span<const ToolVerb> task_list_verbs();
std::span<const ToolVerb> sla_verbs();
std::span<const ToolVerb> agent_verbs();
std::span<const ToolVerb> gateway_admin_verbs();
std::span<const ToolVerb> node_verbs();
std::span<const ToolVerb> message_verbs();
std::span<const ToolVerb> upkeep_verbs();
std::span<const ToolVerb> coordination_verbs();
std::span<const ToolVerb> dump_verbs();
std::span<const ToolVerb> audit_verbs();
std::span<const ToolVerb> import_verbs();
std::span<const ToolVerb> sink_verbs();
std::span<const ToolVerb> capability_verbs();

// What a chosen command does; returns the exit code.
using Action = std::function<int(Session&, Printer&)>;

// The command line as it is parsed: verbs add themselves and set `action` when they are chosen.
struct CommandLine {
  GlobalOptions global;
  Action action;
};

// Shows an SLA policy with its sources, the last sweep and how to turn notifications on.
void show_sla_policy(Printer& print, const json::object& sla);

// All subcommands, and the one of that name (or nullptr).
std::vector<CLI::App*> children(CLI::App& command);
CLI::App* child(CLI::App& command, std::string_view name);

// "t", "true", "yes", "on", "1" and their opposites; anything else is a usage error of `flag`.
bool truth_of(const std::string& flag, const std::string& text);

// Reads "[ID] WHAT": the slot's id (ansible, when it is not said), and WHAT, which help calls `what`. There is one slot,
// so its id alone is not WHAT. Throws a usage error.
std::pair<std::string, std::string> slot_and_what(const std::vector<std::string>& given,
                                                  const char* what);

// Finds or makes the subcommand at `path` below `root`.
CLI::App& subcommand(CLI::App& root, std::string_view path, const std::string& help);

// Adds --json (and --format json|text) to a command.
void add_output_flags(CLI::App& command, CommandLine& line);

// Adds the commands of one subject each.
void add_tool_verbs(CLI::App& root, CommandLine& line);
void add_status_verbs(CLI::App& root, CommandLine& line);
void add_gateway_verbs(CLI::App& root, CommandLine& line);
void add_config_verbs(CLI::App& root, CommandLine& line);
void add_storage_verbs(CLI::App& root, CommandLine& line);
void add_plugin_verbs(CLI::App& root, CommandLine& line);
void add_canary_verbs(CLI::App& root, CommandLine& line);
void add_replay_verb(CLI::App& root, CommandLine& line);
void add_rollout_verbs(CLI::App& root, CommandLine& line);
void add_setup_verb(CLI::App& root, CommandLine& line);
void add_skill_verbs(CLI::App& root, CommandLine& line);
void add_sign_verb(CLI::App& root, CommandLine& line);
void add_completion_verb(CLI::App& root, CommandLine& line);

}  // namespace gateway_app
