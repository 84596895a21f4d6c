// The operator's page as a list of commands.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace runbook {

// A line of a ```bash block, joined with those that its backslashes continue it with.
struct Command {
  int line = 0;  // of the page
  std::string text;
  int status = 0;  // "# exit N" behind it: how it is meant to end
};

struct Page {
  std::vector<Command> commands;       // in their order
  std::vector<std::string> mentioned;  // `openclaw ...` in running text
  std::set<std::string> words;         // placeholders that the page explains: "<task>"
  std::set<std::string> codes;         // first columns of the tables headed "code"
  std::set<std::string> events;        // ... and "event"
  std::set<std::string> paths;         // ... and "path"
  std::vector<std::string> problems;   // what would keep a command from being run
};

Page read_page(const std::string& markdown);

// The placeholders in a text: "<new.so>", "<task>".
std::set<std::string> placeholders(const std::string& text);

}  // namespace runbook
