// The command line word by word, as the parser reads it.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace gateway_app {

struct CommandWord {
  enum class Kind : unsigned char {
    kCommand,
    kOption,  // "--title", "-n"; of "--title=X" and "-nX" the value is a word of its own
    kValue,   // an option's
    kPlain,   // a positional, or nothing that the command knows
  };
  Kind kind;
  std::string text;
  const CLI::Option* option = nullptr;  // of kOption (when the command knows it) and of kValue
};

struct CommandWords {
  std::vector<CommandWord> words;  // without the program's name
  CLI::App* command;               // the last one that was named

  // The word in the place of a subcommand that is none; "" when `command` has none to be named.
  std::string stray() const;
};

CommandWords command_words(CLI::App& root, int argc, char** argv);

// What CLI11 is to parse. The value of "--note=" stands there as an empty word: CLI11 would take the next one for it.
std::vector<std::string> reversed_texts(const CommandWords& line);

}  // namespace gateway_app
