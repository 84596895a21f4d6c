// What is typed for an option or a positional is what the tool gets, byte for byte.
#include <doctest/doctest.h>

#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "e2e/installation.hpp"
#include "support/http_receiver.hpp"

namespace json = base::json;
using e2e::Installation;
using Words = std::vector<std::string>;

namespace {

// Not texts that a shell or JSON might change, but that the parser of the command line might.
const Words kValues = {
    "[]",      "[1]",        "[1,2]",  "[[x]]", "[a,[b]]", R"(["a","b"])", R"([{"a":1},{"b":2}])",
    "{}",      "-5",         "--json", "-n",    "--",      "--to=x",       "",
    "%%",      "a=b",        "=",      "'q'",   "\"q\"",   " blank ",      "list",
    "\\[x\\]", "line\nnext", "\u00e4"};

std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

struct TypedOption {
  std::string name;
  std::string type;  // "TEXT", "N", "t|f", "JSON", "FILE"
};

// A command as its help describes it.
struct Verb {
  std::string path;
  std::vector<TypedOption> options;  // those with a value that goes to the tool
  bool positional = false;
  bool commands = false;
};

Verb described(const Installation& gw, const std::string& path) {
  Verb verb;
  verb.path = path;
  std::istringstream help(gw.ok(path + " --help"));
  std::string section;
  for (std::string line; std::getline(help, line);) {
    if (!line.empty() && line.back() == ':' && line[0] != ' ') section = line;
    std::istringstream words(line);
    std::string name, type;
    words >> name >> type;
    if (!line.starts_with("  ") || line.starts_with("     ")) continue;
    if (section == "Subcommands:") verb.commands = true;
    if (section == "Positionals:") verb.positional = true;
    if (section != "Options:" || name.find("--") == name.npos) continue;
    name = name.substr(name.find("--"));
    name = name.substr(0, name.find(','));  // the first of its long names
    type = type.substr(0, type.find('='));
    const bool own = name == "--write-token-file" || name == "--out";
    if (!own &&
        (type == "TEXT" || type == "FILE" || type == "N" || type == "t|f" || type == "JSON")) {
      verb.options.push_back({name, type});
    }
  }
  return verb;
}

// Every command below `path` that calls a tool, as far as it can be told: those that read a file of their own, or ask
// another part of the gateway, have no part in this.
std::vector<Verb> tool_verbs(const Installation& gw, const std::string& path) {
  static const std::set<std::string> kOthers = {
      "openclaw ansible setup",         "openclaw ansible skills sync",
      "openclaw ansible skills verify", "openclaw ansible capability sign",
      "openclaw ansible import",        "openclaw ansible status",
      "openclaw ansible nodes"};
  if (kOthers.contains(path)) return {};
  std::vector<Verb> out;
  const Verb verb = described(gw, path);
  if (!verb.options.empty() || verb.positional) out.push_back(verb);
  if (!verb.commands) return out;
  std::istringstream help(gw.ok(path + " --help"));
  bool commands = false;
  for (std::string line; std::getline(help, line);) {
    std::istringstream words(line);
    std::string name;
    if (line == "Subcommands:") commands = true;
    if (!commands || !line.starts_with("  ") || line.starts_with("   ") || !(words >> name))
      continue;
    for (Verb& below : tool_verbs(gw, path + ' ' + name)) out.push_back(std::move(below));
  }
  return out;
}

// What the k-th option of a verb is given, or (k: how many options it has) its positional.
using Value = std::function<std::string(std::size_t)>;

// Runs verbs against a server that is no gateway, and returns the arguments that it is sent.
class Recorder {
 public:
  Recorder() : port_(test::free_port()), receiver_(port_) {}

  std::string sent(const Installation& gw, const Verb& verb, const Value& value, bool equals) {
    std::string line = verb.path;
    for (std::size_t k = 0; k < verb.options.size(); ++k) {
      const auto& [name, type] = verb.options[k];
      const std::string text = type == "TEXT" ? value(k) : given(gw, type);
      line += ' ' + name + (equals ? "=" : " ") + quoted(text);
    }
    if (verb.positional) line += " -- " + quoted(value(verb.options.size()));
    const auto result =
        gw.shell(line, {{"OPENCLAW_GATEWAY_URL", "http://127.0.0.1:" + std::to_string(port_)}});
    if (result.status != 3) return "(" + result.err + ")";  // 3: what answered is no gateway
    const json::value body = test::parse_json(receiver_.wait_for(++seen_).back().body);
    return json::canonical(body.at("args"));
  }

 private:
  // For an option that takes no text.
  static std::string given(const Installation& gw, const std::string& type) {
    if (type == "N") return "7";
    if (type == "t|f") return "t";
    if (type == "JSON") return R"({"m":[1,2]})";
    const std::string file = gw.file("given.json");
    std::ofstream(file) << R"({"m":[1,2]})";
    return file;
  }

  std::uint16_t port_;
  test::HttpReceiver receiver_;
  std::size_t seen_ = 0;
};

// Lists may be given as "A,B"; their empty members count for nothing.
json::array pieces(const std::string& value) {
  json::array out;
  std::istringstream in(value);
  for (std::string piece; std::getline(in, piece, ',');) {
    if (!piece.empty()) out.emplace_back(piece);
  }
  return out;
}

std::string plain(std::size_t k) { return "plain" + std::to_string(k) + "."; }

// The arguments as they were sent for plain texts, with each of these replaced by its value.
json::value with(const json::value& in, const std::map<std::string, std::string>& values) {
  const auto replaced = [&](const json::value& text) {
    return text.is_string() ? values.find(std::string(text.get_string())) : values.end();
  };
  if (const auto found = replaced(in); found != values.end()) return json::value(found->second);
  if (in.is_array() && in.get_array().size() == 1) {
    const auto found = replaced(in.get_array()[0]);
    return found == values.end() ? in : json::value(pieces(found->second));
  }
  if (!in.is_object()) return in;
  json::object out;
  for (const auto& member : in.get_object()) out[member.key()] = with(member.value(), values);
  return out;
}

}  // namespace

TEST_CASE("every option of every verb hands on what was typed, byte for byte") {
  constexpr std::size_t kTurns = 4;
  const Installation gw;
  Recorder recorder;
  std::size_t verbs = 0, texts = 0, turn = 0;
  for (const Verb& verb : tool_verbs(gw, "openclaw ansible")) {
    CAPTURE(verb.path);
    const std::string before = recorder.sent(gw, verb, plain, false);
    CAPTURE(before);
    REQUIRE(before.starts_with("{"));
    ++verbs;
    texts += verb.options.size();
    // Each option has another value in each turn, each verb begins with another one.
    for (const std::size_t end = turn + kTurns; turn < end; ++turn) {
      const Value value = [turn](std::size_t k) { return kValues[(k + turn) % kValues.size()]; };
      std::map<std::string, std::string> values;
      for (std::size_t k = 0; k <= verb.options.size(); ++k) values[plain(k)] = value(k);
      CHECK(recorder.sent(gw, verb, value, turn % 2 == 1) ==
            json::canonical(with(test::parse_json(before), values)));
    }
  }
  CHECK(verbs > 40);
  CHECK(texts > 150);
}
