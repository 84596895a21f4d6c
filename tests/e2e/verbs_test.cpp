// Every verb and flag of the existing command line (reference 8) is there, and its help says what it does.
#include <doctest/doctest.h>

#include <sstream>

#include "e2e/installation.hpp"

using e2e::Installation;

namespace {

using Flags = std::vector<std::string>;

// A flag that must be given ends in '*'. `words` stand between the verb and its flags.
struct Verb {
  const char* path;
  Flags flags;
  const char* words = "";
};

const std::vector<Verb> kVerbs = {
    {"setup",
     {"--tier", "--backbone", "--node-id", "--capability", "--inject-context", "--inject-agent",
      "--dispatch-incoming", "--lock-sweep", "--lock-sweep-every", "--lock-sweep-stale",
      "--no-skill", "--no-restart", "--dry-run"}},
    {"skills sync",
     {"--skill", "--source", "--shared-root", "--workspace", "--force-replace", "--update-source",
      "--dry-run"}},
    {"skills verify", {"--skill", "--workspace"}},
    {"status", {"--json", "--full", "--stale-after"}},
    {"dump-state", {"--out", "--compact"}},
    {"tasks-dump", {"--out", "--compact", "-s,--status", "--assigned-to", "-n"}},
    {"messages-dump", {"--out", "--compact", "-f,--from", "--to", "--conversation-id", "-n"}},
    {"retention set", {"--closed-days", "--every-hours"}},
    {"delegation show", {}},
    {"delegation set", {"--file*", "--version*", "--checksum", "--notify"}},
    {"delegation ack", {"--version", "--checksum"}},
    {"admin list", {}},
    {"admin set", {"--gateway*", "--agent*", "--as", "--token"}},
    {"admin seed", {"--agent", "--dry-run", "--as", "--token"}},
    {"admin distribution", {"--external-mode*", "--as", "--token"}},
    {"admin cleanup-distribution", {"--dry-run", "--limit", "--as", "--token"}},
    {"admin drain-distribution", {"--dry-run", "--limit", "--reason", "--as", "--token"}},
    {"admin backpressure",
     {"--max-concurrent", "--max-queue-depth", "--retry-budget", "--as", "--token"}},
    {"capability list", {"--status"}},
    {"capability health", {"--id", "--since-hours", "--format"}},
    {"capability evidence", {"--id*", "-v,--cap-version", "--format"}},
    {"capability publish",
     {"--id", "--name", "-v,--cap-version", "--owner", "--delegation-skill-name",
      "--delegation-skill-version", "--executor-skill-name", "--executor-skill-version",
      "--contract", "--eta", "--status", "--approval-artifact", "--approved-by", "--approval-note",
      "--as", "--token"}},
    {"capability unpublish", {"--id*", "--as", "--token"}},
    {"sla sweep", {"--dry-run", "--record-only", "--limit", "--max-messages", "--fyi"}},
    {"nodes", {}},
    {"tasks", {}},
    {"tasks list", {"-s,--status", "--assigned-to", "--title", "-n", "--format"}},
    {"tasks timeline", {"--format"}, "ID"},
    {"tasks claim",
     {"--as", "--eta-at", "--eta-seconds", "--plan", "--requested-version", "--idempotency-key",
      "--token"},
     "ID"},
    {"tasks update",
     {"--status*", "--note", "--result", "--notify", "--as", "--idempotency-key", "--failure-class",
      "--failure-code", "--terminal", "--retryable", "--token"},
     "ID"},
    {"tasks approve", {"--artifact", "--note", "--as", "--token"}, "ID"},
    {"tasks complete", {"--result", "--as", "--idempotency-key", "--token"}, "ID"},
    {"messages", {"-a,--all", "-f,--from", "--agent", "--conversation-id", "-n", "--format"}},
    {"messages-delete",
     {"--id", "--all", "--as", "-f,--from", "--conversation-id", "--before", "-n", "--dry-run",
      "--reason*", "--yes", "--token"}},
    {"bootstrap", {}},
    {"invite", {"-t,", "--node"}},
    {"join", {"-t,--token*"}},
    {"ws-ticket", {"--token*", "--node*", "--ttl-seconds"}},
    {"revoke", {"-n,--node*"}},
    {"send",
     {"-m,--message*", "-t,--to", "--from", "--conversation-id", "--kind", "--metadata",
      "--broadcast", "--notify-to", "--no-notify-on-send", "--token"}},
    {"agent register", {"--id*", "--name", "--write-token-file", "--as", "--token"}},
    {"agent invite", {"--id*", "--ttl-minutes", "--as", "--token"}},
    {"agent accept", {"--invite-token*", "--write-token-file"}},
    {"agent invites", {"--all", "--as", "--token"}},
    {"agent token-issue", {"--id*", "--write-token-file", "--as", "--token"}},
    {"agent rebind", {"--id*", "--gateway*", "--as", "--token"}},
    {"agent normalize", {"--dry-run", "--as", "--token"}},
    {"agent disable", {"--id*", "--reason", "--as", "--token"}},
    {"agent enable", {"--id*", "--as", "--token"}},
    {"agent distribution-opt", {"--id*", "--enable", "--disable", "--as", "--token"}},
    {"agent list", {}},
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Whether `word` stands in `line` as a whole: "--to" is not in "--token".
bool has_word(const std::string& line, const std::string& word) {
  for (std::size_t at = line.find(word); at != line.npos; at = line.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool ends = word.back() == ',' || end == line.size() || line[end] == ' ' ||
                      line[end] == ',' || line[end] == '=';
    const bool begins = at == 0 || line[at - 1] == ' ' || line[at - 1] == ',';
    if (begins && ends) return true;
  }
  return false;
}

// The lines of a help that are about one flag, joined; "" when there is none.
std::string entry_of(const std::vector<std::string>& help, const std::string& flag) {
  for (std::size_t i = 0; i < help.size(); ++i) {
    const std::size_t first = help[i].find_first_not_of(' ');
    if (first == help[i].npos || help[i][first] != '-' || !has_word(help[i], flag)) continue;
    std::string entry = help[i];
    for (++i; i < help.size(); ++i) {
      const std::size_t indent = help[i].find_first_not_of(' ');
      if (indent == help[i].npos || indent < 10) break;
      entry += ' ' + help[i].substr(indent);
    }
    return entry;
  }
  return "";
}

// How many words an entry has beside its names and its type.
std::size_t words_in(const std::string& entry) {
  std::istringstream in(entry);
  std::size_t words = 0;
  for (std::string word; in >> word;) {
    if (word.front() != '-' && word.find_first_of("abcdefghijklmnopqrstuvwxyz") != word.npos) {
      ++words;
    }
  }
  return words;
}

}  // namespace

TEST_CASE("reference 8: every verb is there, with every flag, and its help explains each of them") {
  const Installation gw;
  for (const Verb& verb : kVerbs) {
    const auto help = lines_of(gw.ok(std::string("openclaw ansible ") + verb.path + " --help"));
    CAPTURE(std::string(verb.path));
    REQUIRE_FALSE(help.empty());
    CHECK(words_in(help.front()) >= 2);
    for (std::string flag : verb.flags) {
      const bool required = flag.ends_with('*');
      if (required) flag.pop_back();
      const std::string name =
          flag.substr(0, flag.find(',') + 1).empty() ? flag : flag.substr(flag.find(',') + 1);
      const std::string entry = entry_of(help, name.empty() ? flag : name);
      CAPTURE(flag);
      REQUIRE_FALSE(entry.empty());
      if (flag.find(',') != flag.npos) CHECK(has_word(entry, flag.substr(0, 2)));
      CHECK(words_in(entry) >= 1);
      CHECK((entry.find("REQUIRED") != entry.npos) == required);
    }
  }
}

TEST_CASE("every command that a help lists says there what it is for") {
  const Installation gw;
  std::vector<std::string> open{"openclaw"};
  std::size_t seen = 0;
  while (!open.empty()) {
    const std::string path = open.back();
    open.pop_back();
    bool commands = false;
    for (const std::string& line : lines_of(gw.ok(path + " --help"))) {
      if (line == "Subcommands:") {
        commands = true;
        continue;
      }
      std::istringstream words(line);
      std::string name;
      if (!commands || !line.starts_with("  ") || !(words >> name)) continue;
      if (line.find_first_not_of(' ') > 4) continue;  // a long description goes on
      CAPTURE(path);
      CAPTURE(line);
      CHECK(words_in(line) >= 3);
      open.push_back(path + ' ' + name);
      ++seen;
    }
  }
  CHECK(seen > 80);
}

TEST_CASE(
    "reference 8: who leaves out a flag that is needed is told its name, and nothing is sent") {
  const Installation gw;
  for (const Verb& verb : kVerbs) {
    for (const std::string& flag : verb.flags) {
      if (!flag.ends_with('*')) continue;
      const std::string name = flag.substr(flag.find("--"), flag.size() - 1 - flag.find("--"));
      gw.refused(std::string("openclaw ansible ") + verb.path + ' ' + verb.words, 2, name);
      break;
    }
  }
}
