#include "cli/verb.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include "cli/json_text.hpp"
#include "cli/list_option.hpp"
#include "cli/secret_file.hpp"
#include "cli/tool_help.hpp"

namespace gateway_app {
namespace {

// What the command line gave for one verb; filled by CLI11, read when the verb runs.
struct Given {
  std::vector<std::vector<std::string>> values;  // per flag
  std::vector<bool> switches;
  std::string positional;
  std::vector<std::string> as;     // at most one; an empty one is an agent that there is not
  std::vector<std::string> token;  // likewise
  std::string token_file;
};

bool takes_no_value(FlagType type) {
  return type == FlagType::kSwitch || type == FlagType::kSwitchOff || type == FlagType::kWord;
}

// Sets "a" or "a.b" in the arguments.
void set_arg(json::object& args, std::string_view name, json::value value) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) {
    args[name] = std::move(value);
    return;
  }
  json::value& member = args[name.substr(0, dot)];
  if (!member.is_object()) member = json::object{};
  member.get_object()[name.substr(dot + 1)] = std::move(value);
}

[[noreturn]] void wrong(const Flag& flag, const char* expected, const std::string& got) {
  throw CLI::ValidationError(flag.names,
                             std::string("expected ") + expected + ", got '" + got + "'");
}

json::value integer(const Flag& flag, const std::string& text) {
  std::int64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size()) wrong(flag, "a whole number", text);
  return value;
}

json::value document(const Flag& flag, const std::string& text) {
  auto parsed = json::parse(text);
  if (!parsed.ok() || !parsed->is_object()) wrong(flag, "a JSON object", text);
  return std::move(*parsed);
}

json::value file_text(const Flag& flag, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) wrong(flag, "a file that can be read", path);
  if (!json::valid_utf8(text.str())) wrong(flag, "a file with UTF-8 text", path);
  return json::value(text.str());
}

json::value document_in(const Flag& flag, const std::string& path) {
  auto parsed = json::parse(std::string(file_text(flag, path).as_string()));
  if (!parsed.ok()) {
    wrong(flag, "a file with one JSON object", path + ": " + parsed.error().message);
  }
  if (!parsed->is_object()) wrong(flag, "a file with one JSON object", path);
  return std::move(*parsed);
}

json::array split(const std::vector<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) {
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t comma = std::min(text.find(',', begin), text.size());
      if (comma > begin) out.emplace_back(text.substr(begin, comma - begin));
      begin = comma + 1;
    }
  }
  return out;
}

json::value converted(const Flag& flag, const std::vector<std::string>& texts) {
  switch (flag.type) {
    case FlagType::kInteger:
      return integer(flag, texts.back());
    case FlagType::kTrueFalse:
      return truth_of(flag.names, texts.back());
    case FlagType::kTexts:
      return split(texts);
    case FlagType::kJson:
      return document(flag, texts.back());
    case FlagType::kFile:
      return file_text(flag, texts.back());
    case FlagType::kJsonFile:
      return document_in(flag, texts.back());
    case FlagType::kText:
    case FlagType::kWord:
      return json::value(texts.back());
    case FlagType::kSwitch:
      return true;
    case FlagType::kSwitchOff:
      return false;
  }
  return nullptr;
}

json::object arguments(const ToolVerb& verb, const Given& given) {
  json::object args;
  if (verb.positional != nullptr) args[verb.positional] = given.positional;
  for (std::size_t i = 0; i < verb.flags.size(); ++i) {
    const Flag& flag = verb.flags[i];
    if (takes_no_value(flag.type)) {
      if (given.switches[i])
        set_arg(args, flag.arg, converted(flag, {flag.preset ? flag.preset : ""}));
    } else if (!given.values[i].empty()) {
      set_arg(args, flag.arg, converted(flag, given.values[i]));
    } else if (flag.preset != nullptr) {
      set_arg(args, flag.arg, converted(flag, {flag.preset}));
    }
  }
  if (!given.as.empty()) args[verb.actor_arg] = given.as.front();
  if (!given.token.empty()) args["agent_token"] = given.token.front();
  return args;
}

// Moves the reply's secret into the file; one that cannot be written leaves it in the reply, where it is not lost.
bool put_away(const ToolVerb& verb, SecretFile& file, json::object& reply, Printer& print) {
  const std::string secret = text_of(reply, verb.secret);
  if (secret.empty()) return true;  // a replay has none
  if (const auto written = file.write(secret); !written.ok()) {
    print.failure(written.error().message + "; the secret is in the output instead");
    return false;
  }
  reply.erase(verb.secret);
  reply["tokenFile"] = file.path();
  return true;
}

int run(const ToolVerb& verb, Session& session, Printer& print, const json::object& args,
        const std::string& token_file) {
  if (verb.run != nullptr) return verb.run(session, print, args);
  std::optional<SecretFile> file;
  if (!token_file.empty()) {
    auto opened = SecretFile::open(
        absolute_path(token_file, session.env().working_directory, session.env().home),
        SecretFile::Directory::kMade);
    if (!opened.ok()) return print.fail(kExitRefused, opened.error().code, opened.error().message);
    file.emplace(*std::move(opened));
  }
  Reply reply = session.invoke(verb.tool, args);
  if (!reply.ok()) return print.fail(reply);
  if (file && !put_away(verb, *file, reply.body, print)) reply.exit = kExitRefused;
  if (print.json()) {
    print.document(reply.body);
    return reply.exit;
  }
  if (bool_of(reply.body, "idempotent")) {
    print.replay("idempotent replay: " + text_of(reply.body, "message", "nothing changed"));
  }
  verb.render(print, reply.body, args);
  for (const json::value& warning : array_in(reply.body, "warnings")) {
    if (warning.is_string()) print.warning(std::string(warning.get_string()));
  }
  return reply.exit;
}

CLI::Option* add_flag(CLI::App& command, const ToolVerb& verb, std::size_t i, Given& given) {
  const Flag& flag = verb.flags[i];
  const std::string help = flag.help != nullptr ? flag.help : arg_help(verb.tool, flag.arg);
  CLI::Option* option = nullptr;
  if (takes_no_value(flag.type)) {
    option = command.add_flag_callback(
        flag.names, [&given, i] { given.switches[i] = true; }, help);
  } else {
    option = add_list(command, flag.names, given.values[i], help);
    option->type_name(flag.type == FlagType::kInteger     ? "N"
                      : flag.type == FlagType::kTrueFalse ? "t|f"
                      : flag.type == FlagType::kJson      ? "JSON"
                      : flag.type == FlagType::kFile      ? "FILE"
                      : flag.type == FlagType::kJsonFile  ? "FILE"
                                                          : "TEXT");
    if (flag.preset != nullptr) option->default_str(flag.preset);
  }
  if (flag.required) option->required();
  return option;
}

// Two flags that set the same argument contradict each other: "--record-only" and "--no-record-only".
void add_flags(CLI::App& command, const ToolVerb& verb, Given& given) {
  std::vector<CLI::Option*> options;
  for (std::size_t i = 0; i < verb.flags.size(); ++i) {
    options.push_back(add_flag(command, verb, i, given));
    for (std::size_t j = 0; j < i; ++j) {
      const bool same = std::string_view(verb.flags[i].arg) == verb.flags[j].arg;
      if (same) options[i]->excludes(options[j]);
    }
  }
}

void add_verb(CLI::App& root, CommandLine& line, const ToolVerb& verb) {
  CLI::App& command =
      subcommand(root, verb.path, verb.help != nullptr ? verb.help : tool_help(verb.tool));
  auto given = std::make_shared<Given>();
  given->values.resize(verb.flags.size());
  given->switches.resize(verb.flags.size());
  if (verb.positional != nullptr) {
    command
        .add_option(verb.positional_name, given->positional, arg_help(verb.tool, verb.positional))
        ->required();
  }
  add_flags(command, verb, *given);
  if (verb.actor_arg != nullptr) {
    add_list(command, "--as", given->as, "The agent that acts; none: the operator")
        ->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  }
  if (verb.own_token) {
    const char* token = std::getenv("OPENCLAW_ANSIBLE_TOKEN");
    if (token != nullptr && *token != '\0') given->token = {token};
  } else {
    add_list(command, "--token", given->token,
             "The acting agent's token; else $OPENCLAW_ANSIBLE_TOKEN")
        ->multi_option_policy(CLI::MultiOptionPolicy::Throw)
        ->envname("OPENCLAW_ANSIBLE_TOKEN");
  }
  if (verb.secret != nullptr) {
    command.add_option("--write-token-file", given->token_file,
                       "Put the token into this file (0600) instead of showing it");
  }
  add_output_flags(command, line);
  command.callback([&line, &verb, given, &command] {
    if (!command.get_subcommands().empty()) return;  // `tasks` alone, not `tasks claim`
    const json::object args = arguments(verb, *given);
    line.action = [&verb, args, file = given->token_file](Session& session, Printer& print) {
      return run(verb, session, print, args, file);
    };
  });
}

}  // namespace

bool truth_of(const std::string& flag, const std::string& text) {
  if (text == "t" || text == "true" || text == "yes" || text == "on" || text == "1") return true;
  if (text == "f" || text == "false" || text == "no" || text == "off" || text == "0") return false;
  throw CLI::ValidationError(flag, "expected t or f, got '" + text + "'");
}

std::vector<CLI::App*> children(CLI::App& command) {
  return command.get_subcommands([](CLI::App*) { return true; });
}

CLI::App* child(CLI::App& command, std::string_view name) {
  for (CLI::App* sub : children(command)) {
    if (sub->get_name() == name) return sub;
  }
  return nullptr;
}

CLI::App& subcommand(CLI::App& root, std::string_view path, const std::string& help) {
  CLI::App* at = &root;
  while (!path.empty()) {
    const std::size_t blank = std::min(path.find(' '), path.size());
    const std::string name(path.substr(0, blank));
    path.remove_prefix(std::min(blank + 1, path.size()));
    CLI::App* next = child(*at, name);
    at = next != nullptr ? next : at->add_subcommand(name);
  }
  if (!help.empty()) at->description(help);
  return *at;
}

void add_output_flags(CLI::App& command, CommandLine& line) {
  command.add_flag("--json", line.global.json, "Print the reply as JSON and nothing else");
  command
      .add_option_function<std::string>(
          "--format", [&line](const std::string& format) { line.global.json = format == "json"; },
          "text (default) or json")
      ->check(CLI::IsMember({"text", "json"}));
}

void add_tool_verbs(CLI::App& root, CommandLine& line) {
  // What is no command by itself, but holds some.
  static constexpr std::pair<const char*, const char*> kGroups[] = {
      {"ansible sla", "Look for breached SLA windows; what is done about them"},
      {"ansible sla policy", "How the automatic sweep behaves, and why"},
      {"ansible agent", "Register agents, invite them, issue their tokens, disable them"},
      {"ansible admin", "Who has admin rights on which gateway, and policies"},
      {"ansible capability", "Publish capabilities, roll them back, withdraw them, look at them"},
      {"ansible retention", "How long closed tasks are kept"},
      {"ansible delegation", "The delegation policy, and who follows it"},
      {"ansible coordination", "Which node sweeps"},
      {"ansible context", "What agents are working on"},
  };
  for (const auto& [path, help] : kGroups) subcommand(root, path, help);
  for (const std::span<const ToolVerb> subject : {
           task_verbs(),
           task_list_verbs(),
           sla_verbs(),
           agent_verbs(),
           gateway_admin_verbs(),
           node_verbs(),
           message_verbs(),
           upkeep_verbs(),
           coordination_verbs(),
           dump_verbs(),
           audit_verbs(),
           import_verbs(),
           sink_verbs(),
           capability_verbs(),
       }) {
    for (const ToolVerb& verb : subject) add_verb(root, line, verb);
  }
}

}  // namespace gateway_app
