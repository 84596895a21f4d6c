// packaging/RUNBOOK.md is true: its commands, all of them, in their order, against a real gateway under load.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <thread>

#include "e2e/installation.hpp"
#include "runbook/page.hpp"

namespace fs = std::filesystem;
using e2e::Installation;

namespace {

const std::string kRepository = REPOSITORY;

const runbook::Page& the_page() {
  static const runbook::Page page =
      runbook::read_page(test::read_file(kRepository + "/packaging/RUNBOOK.md"));
  return page;
}

// Clients that look around all the time, each time over a connection of its own: what a canary is judged by.
class Traffic {
 public:
  explicit Traffic(std::uint16_t port) {
    for (int i = 0; i < 4; ++i) threads_.emplace_back([this, port] { run(port); });
  }
  ~Traffic() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void run(std::uint16_t port) const {
    const std::string body = R"({"tool":"ansible_status","args":{}})";
    while (!stop_) {
      auto client = test::HttpClient::tcp(port);
      const auto reply =
          client.post("/tools/invoke", body, Installation::bearer(Installation::kToken));
      // While the page has the gateway stopped there is nobody to ask.
      // Light: what is recorded of it is replayed.
      std::this_thread::sleep_for(std::chrono::milliseconds(reply ? 4 : 20));
    }
  }

  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

// What the words in angle brackets stand for here. Some are told by the command before.
class Words {
 public:
  explicit Words(const Installation& gateway, std::string library) : gateway_(gateway) {
    const std::string release = gateway.file("release");
    copy_library(ANSIBLE_NEXT, release + "/ansible-99.0.0.so");
    known_ = {{"<new.so>", release + "/ansible-99.0.0.so"},
              {"<new>", "99.0.0"},
              {"<old>", PLUGIN_VERSION},
              {"<library>", std::move(library)},
              {"<node>", "node-e2e"},
              {"<agent>", "architect"},
              {"<task>", ""},
              {"<soak>", "1"},
              {"<key.pem>", gateway.file("key.pem")},
              {"<dist>", gateway.file("dist")},
              {"<backup>", gateway.file("backup.db")},
              {"<state>", gateway.state_dir()},
              {"<config>", gateway.config_file()}};
  }

  static void copy_library(const std::string& from, const std::string& to) {
    fs::create_directories(fs::path(to).parent_path());
    fs::permissions(fs::path(to).parent_path(), fs::perms(0755));
    fs::copy_file(from, to, fs::copy_options::overwrite_existing);
    fs::permissions(to, fs::perms(0755));
  }

  std::set<std::string> names() const {
    std::set<std::string> out;
    for (const auto& [name, value] : known_) out.insert(name);
    return out;
  }

  std::string filled(std::string command) const {
    for (const std::string& name : runbook::placeholders(command)) {
      const auto known = known_.find(name);
      REQUIRE_MESSAGE(known != known_.end(), name << " stands for nothing here");
      REQUIRE_MESSAGE(!known->second.empty(), "no command before has told what " << name << " is");
      for (auto at = command.find(name); at != std::string::npos; at = command.find(name)) {
        command.replace(at, name.size(), known->second);
      }
    }
    return command;
  }

  void learn(const std::string& command, const std::string& output) {
    static const std::regex id("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    std::smatch found;
    if (command.find("tasks delegate") != std::string::npos &&
        std::regex_search(output, found, id)) {
      known_["<task>"] = found.str();
    }
  }

 private:
  const Installation& gateway_;
  std::map<std::string, std::string> known_;
};

// Whether a row of the page speaks of this path: "<x>" stands for any name, a "/" at the end for all below.
bool covers(const std::string& row, const std::string& path) {
  std::string pattern = std::regex_replace(row, std::regex(R"([.])"), R"(\.)");
  pattern = std::regex_replace(pattern, std::regex("<[a-z]+>"), "[^/]+");
  if (row.back() == '/') pattern += ".*";
  return std::regex_match(path, std::regex(pattern));
}

// Every file below the state directory is on the page.
void check_explained(const std::string& state) {
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(state)) {
    if (entry.is_directory()) continue;
    const std::string path = entry.path().string().substr(state.size() + 1);
    const auto& rows = the_page().paths;
    CHECK_MESSAGE(std::any_of(rows.begin(), rows.end(),
                              [&](const std::string& row) { return covers(row, path); }),
                  path << " is not explained");
    ++files;
  }
  CHECK(files > 10);
}

// "openclaw plugins canary ansible <new> --wait": "plugins canary".
std::string verb_of(const std::string& command) {
  std::istringstream in(command);
  std::string word;
  std::string verb;
  in >> word;
  while (in >> word && word.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string::npos &&
         word.front() != '-') {
    // The slot's name is no verb.
    if (word == "ansible" && !verb.empty()) break;
    verb += (verb.empty() ? "" : " ") + word;
  }
  return verb;
}

std::set<std::string> quoted_in(const std::string& text, const std::regex& pattern) {
  std::set<std::string> out;
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
    out.insert((*at)[1].str());
  }
  return out;
}

// The first group of a pattern, wherever it matches in the sources below a directory.
std::set<std::string> in_sources(const std::string& directory, const std::regex& pattern) {
  std::set<std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(kRepository + "/" + directory)) {
    if (entry.path().extension() != ".cpp") continue;
    out.merge(quoted_in(test::read_file(entry.path()), pattern));
  }
  return out;
}

}  // namespace

TEST_CASE("nothing on the page could be overlooked") {
  for (const std::string& problem : the_page().problems) FAIL_CHECK(problem);
  CHECK(the_page().commands.size() > 60);
  // Each word in angle brackets is explained.
  for (const runbook::Command& command : the_page().commands) {
    for (const std::string& word : runbook::placeholders(command.text)) {
      CHECK_MESSAGE(the_page().words.contains(word),
                    "line " << command.line << ": " << word << " is not explained");
    }
  }
}

TEST_CASE("a page that hides a command is found out") {
  const auto problems = [](const std::string& text) {
    return runbook::read_page(text).problems.size();
  };
  CHECK(problems("```bash\nopenclaw gateway status\n```\n") == 0);
  CHECK(problems("```sh\nopenclaw gateway status\n```\n") == 1);
  CHECK(problems("```\nopenclaw gateway status\n```\n") == 1);
  CHECK(problems("    openclaw gateway status\n") == 1);
  CHECK(problems("```bash\n# nothing\n```\n") == 1);
  CHECK(problems("```bash\nopenclaw gateway status\n") == 1);
  const auto page = runbook::read_page(
      "```bash\nopenclaw a \\\n  \"b # c\"   # exit 4: why\n\n# no command\nopenclaw d\n```\n");
  REQUIRE(page.commands.size() == 2);
  CHECK(page.commands[0].text == "openclaw a \"b # c\"");
  CHECK(page.commands[0].line == 2);
  CHECK(page.commands[0].status == 4);
  CHECK(page.commands[1].text == "openclaw d");
  CHECK(page.commands[1].status == 0);
}

TEST_CASE("every command on the page, in its order, ends as the page says") {
  const test::TempDir libraries;
  const std::string library = libraries / "current/ansible.so";
  Words::copy_library(ANSIBLE_PLUGIN, library);
  const Installation gateway(
      {.library = library,
       .plugins_extra = R"("watch":{"everyMs":100,"quietMs":50})",
       .plugin_extra =
           R"("journal":true,"journalMegabytes":16,"watchSeconds":1,"canary":)"
           R"({"stageSeconds":1,"soakSeconds":1,"minSamples":50,"stageTimeoutSeconds":120})"});
  Words words(gateway, library);
  gateway.start();
  const Traffic traffic(gateway.port());
  for (const runbook::Command& command : the_page().commands) {
    const std::string line = words.filled(command.text);
    if (line.starts_with("rm -r ")) check_explained(gateway.state_dir());
    const test::RunResult result = gateway.shell("cd '" + kRepository + "' && " + line);
    INFO("line " << command.line << ": $ " << line << "\n" << result.out << result.err);
    CHECK_MESSAGE(result.status == command.status,
                  "the gateway says:\n"
                      << test::read_file(gateway.state_dir() + "/gateway.log"));
    words.learn(command.text, result.out);
  }
}

TEST_CASE("every command that the page only mentions exists") {
  const Installation gateway;
  std::set<std::string> verbs;
  for (const std::string& mentioned : the_page().mentioned) verbs.insert(verb_of(mentioned));
  for (const std::string& verb : verbs) {
    CAPTURE(verb);
    const test::RunResult help = gateway.shell("openclaw " + verb + " --help");
    CHECK(help.status == 0);
    CHECK(help.out.find("openclaw " + verb) != std::string::npos);
  }
}

TEST_CASE("every word of the page is known, and so is every refusal and event of the code") {
  // Never seen by an operator under their own names: they become part of another message, or are a figure.
  const std::set<std::string> inside = {"bad_state", "bad_meta", "bad_key", "invalid_request",
                                        "internal_error_rate"};
  std::set<std::string> codes;
  for (const char* directory : {"host_api/src/host", "host_api/src/loading", "host_api/src/canary",
                                "host_api/src/journal", "examples/gateway/rollout"}) {
    for (const char* pattern : {R"(Error\{\s*"([a-z_]+)\")", R"(return \{"([a-z_]+)\",)"}) {
      codes.merge(in_sources(directory, std::regex(pattern)));
    }
  }
  for (const std::string& code : codes) {
    if (inside.contains(code)) continue;
    CHECK_MESSAGE(the_page().codes.contains(code), code << " is not explained");
  }
  std::set<std::string> said = codes;
  for (const char* directory : {"examples/gateway", "host_api/src"}) {
    said.merge(in_sources(directory, std::regex(R"("([a-z_]+)\")")));
  }
  for (const std::string& code : the_page().codes) {
    CHECK_MESSAGE(said.contains(code), code << " is no code of ours");
  }

  // All of them are listed where the history's entries are declared.
  const std::string declared = test::read_file(kRepository + "/host_api/include/gateway/host.hpp");
  const auto begin = declared.find("struct HistoryEntry {");
  const std::string listed =
      declared.substr(begin, declared.find("std::string event;", begin) - begin);
  std::set<std::string> events = quoted_in(listed, std::regex(R"("([a-z_]+)\")"));
  events.merge(in_sources("host_api/src/host", std::regex(R"(event = "([a-z_]+)\")")));
  CHECK(events.size() > 15);
  for (const std::string& event : events) {
    CHECK_MESSAGE(the_page().events.contains(event), event << " is not explained");
  }
  for (const std::string& event : the_page().events) {
    CHECK_MESSAGE(events.contains(event), event << " is no event of ours");
  }
}
